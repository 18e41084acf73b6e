import Determinism

/// Remote datacenters by name. Passes over all of them look at the places where they stand: a copy of a state is a
/// dozen retains, and a server of forty datacenters makes a hundred passes a second.
struct DatacenterTable: Sendable {
    /// Sorted.
    private(set) var names: [String] = []
    /// In the order of `names`. Nil for the moment in which a state is taken out to be worked on.
    private var states: [DatacenterState?] = []
    private var places: [String: Int] = [:]

    /// Setting nil takes a datacenter out for a moment and keeps its place; `remove` forgets it.
    subscript(name: String) -> DatacenterState? {
        get { places[name].flatMap { states[$0] } }
        _modify {
            if places[name] == nil { insert(name) }
            guard let place = places[name] else { preconditionFailure("\(name) has no place") }
            yield &states[place]
        }
    }

    func contains(_ name: String) -> Bool { places[name] != nil }

    private mutating func insert(_ name: String) {
        let place = names.firstIndex { $0 > name } ?? names.count
        names.insert(name, at: place)
        states.insert(nil, at: place)
        renumber()
    }

    mutating func remove(_ name: String) {
        guard let place = places[name] else { return }
        names.remove(at: place)
        states.remove(at: place)
        renumber()
    }

    private mutating func renumber() {
        places = Dictionary(uniqueKeysWithValues: names.indices.map { (names[$0], $0) })
    }

    // MARK: Passes

    /// Instants at which something is due, by `names`: the earliest of them.
    func earliest(_ due: (borrowing DatacenterState) -> Instant) -> Instant {
        var earliest = Instant.distantFuture
        for place in states.indices where states[place] != nil { earliest = min(earliest, due(states[place]!)) }
        return earliest
    }

    func contains(where holds: (borrowing DatacenterState) -> Bool) -> Bool {
        for place in states.indices where states[place] != nil && holds(states[place]!) { return true }
        return false
    }

    /// Names of those for which something holds, sorted.
    func names(where holds: (borrowing DatacenterState) -> Bool) -> [String] {
        var found: [String] = []
        for place in states.indices where states[place] != nil && holds(states[place]!) { found.append(names[place]) }
        return found
    }

    /// Makes something of each, in the order of names.
    func map<Made>(_ make: (borrowing DatacenterState) -> Made) -> [Made] {
        var made: [Made] = []
        made.reserveCapacity(states.count)
        for place in states.indices where states[place] != nil { made.append(make(states[place]!)) }
        return made
    }
}
