/// A set of ids in their order, of which mostly the first few are wanted. Searches are O(log n); insertion and removal
/// move what stands behind, 16 bytes an id.
struct SortedIDs: Equatable, Sendable {
    private(set) var ids: [String]

    init(_ ids: some Sequence<String> = []) { self.ids = Set(ids).sorted() }

    func contains(_ id: String) -> Bool {
        let place = place(of: id)
        return place < ids.count && ids[place] == id
    }

    mutating func insert(_ id: String) {
        let place = place(of: id)
        if place == ids.count || ids[place] != id { ids.insert(id, at: place) }
    }

    mutating func remove(_ id: String) {
        let place = place(of: id)
        if place < ids.count, ids[place] == id { ids.remove(at: place) }
    }

    /// Of the first that isn't before `id`.
    private func place(of id: String) -> Int {
        var (low, high) = (0, ids.count)
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
