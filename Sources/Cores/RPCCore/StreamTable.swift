/// Values by yamux stream number: a hash table with open places (Knuth 6.4, algorithms L and R). A message on a stream
/// looks its stream up a dozen times, which costs a `Dictionary` a keyed hash each time. A peer that chooses numbers
/// which fall together makes its own connection slower, in proportion to the streams it may have open (`maxStreams`).
struct StreamTable<Value: Sendable>: Sendable {
    private var keys: [UInt32] = []
    /// Nil where a place is open. As many as keys: a power of two, at most half of them taken.
    private var values: [Value?] = []
    private(set) var count = 0

    private static var minCapacity: Int { 8 }

    /// Where the key is, or the open place where it belongs; nil without any places.
    private func place(of key: UInt32) -> Int? {
        guard !keys.isEmpty else { return nil }
        let mask = keys.count - 1
        var place = home(of: key)
        while values[place] != nil && keys[place] != key { place = (place + 1) & mask }
        return place
    }

    /// The golden ratio spreads what ascends by two.
    private func home(of key: UInt32) -> Int {
        Int((UInt64(key) &* 0x9E37_79B9_7F4A_7C15) >> 32) & (keys.count - 1)
    }

    subscript(key: UInt32) -> Value? {
        // Yielded where it stands: most ask for one part of it.
        _read {
            if let place = place(of: key) { yield values[place] } else { yield nil }
        }
        _modify {
            if 2 * (count + 1) > keys.count { grow() }
            guard let place = place(of: key) else { preconditionFailure("a table of \(keys.count) places") }
            let wasTaken = values[place] != nil
            keys[place] = key
            defer {
                let isTaken = values[place] != nil
                if isTaken && !wasTaken { count += 1 }
                if wasTaken && !isTaken {
                    count -= 1
                    close(place)
                }
            }
            yield &values[place]
        }
    }

    mutating func removeValue(forKey key: UInt32) -> Value? {
        guard let place = place(of: key), let value = values[place].take() else { return nil }
        count -= 1
        close(place)
        return value
    }

    /// Moves up what stands behind a place that was opened and would not be found any more.
    private mutating func close(_ opened: Int) {
        let mask = keys.count - 1
        var open = opened
        var place = opened
        while true {
            place = (place + 1) & mask
            guard values[place] != nil else { return }
            let distance = (place - home(of: keys[place])) & mask
            guard distance >= (place - open) & mask else { continue }
            keys[open] = keys[place]
            values[open] = values[place].take()
            open = place
        }
    }

    private mutating func grow() {
        let old = zip(keys, values)
        let capacity = max(Self.minCapacity, 2 * keys.count)
        keys = [UInt32](repeating: 0, count: capacity)
        values = [Value?](repeating: nil, count: capacity)
        for (key, value) in old {
            guard let value, let place = place(of: key) else { continue }
            keys[place] = key
            values[place] = value
        }
    }

    /// All entries, by ascending number.
    var sorted: [(key: UInt32, value: Value)] {
        zip(keys, values).compactMap { key, value in value.map { (key: key, value: $0) } }.sorted { $0.key < $1.key }
    }
}
