/// Values by number: a hash table with open places (Knuth 6.4, algorithms L and R). A message on a stream looks it up
/// several times, which costs a `Dictionary` a keyed hash each time. Whoever chooses numbers that fall together makes
/// the table slower, in proportion to its entries: a peer may choose those of its own connection's streams, which are
/// bounded, and no others.
///
/// Most tables hold one value or two, and thousands of them lie side by side: a number stands beside its value, and
/// the smallest table has two places.
///
/// Public and inlinable, so that each module has it specialised: the compiler does not do that for what is `package`.
public struct NumberTable<Value> {
    public struct Place {
        @usableFromInline var key: UInt64 = 0
        /// Told beside the value: the tag of a large one is asked of by a call.
        @usableFromInline var isTaken = false
        @usableFromInline var value: Value?

        @inlinable init() {}
    }

    /// A power of two, at most half of them taken.
    @usableFromInline var places: [Place] = []
    @usableFromInline var takenCount = 0

    @inlinable public init() {}

    @inlinable public var count: Int { takenCount }
    @inlinable public var isEmpty: Bool { takenCount == 0 }

    /// Where the key is, or the open place where it belongs. There is one.
    @inlinable func search(_ key: UInt64) -> Int {
        let mask = places.count - 1
        var place = home(of: key)
        while places[place].isTaken && places[place].key != key { place = (place + 1) & mask }
        return place
    }

    /// The golden ratio spreads what ascends by two.
    @inlinable func home(of key: UInt64) -> Int {
        Int((key &* 0x9E37_79B9_7F4A_7C15) >> 32) & (places.count - 1)
    }

    /// Where the value of a key stands until the next change of the table; nil without one.
    @inlinable public func place(of key: UInt64) -> Int? {
        guard takenCount > 0 else { return nil }
        let place = search(key)
        return places[place].isTaken ? place : nil
    }

    /// What stands at a place that was found. It is changed there: nothing of it is copied.
    @inlinable public subscript(place place: Int) -> Value {
        get { places[place].value! }
        _modify { yield &places[place].value! }
    }

    @inlinable public subscript(key: UInt64) -> Value? {
        get { place(of: key).flatMap { places[$0].value } }
        _modify {
            if 2 * (takenCount + 1) > places.count { grow() }
            let place = search(key)
            let wasTaken = places[place].isTaken
            places[place].key = key
            defer {
                let isTaken = places[place].value != nil
                places[place].isTaken = isTaken
                if isTaken && !wasTaken { takenCount += 1 }
                if wasTaken && !isTaken {
                    takenCount -= 1
                    close(place)
                }
            }
            yield &places[place].value
        }
    }

    @inlinable public mutating func removeValue(forKey key: UInt64) -> Value? {
        guard let place = place(of: key) else { return nil }
        let value = places[place].value.take()
        places[place].isTaken = false
        takenCount -= 1
        close(place)
        return value
    }

    /// Moves up what stands behind a place that was opened and would not be found any more.
    @inlinable mutating func close(_ opened: Int) {
        let mask = places.count - 1
        var open = opened
        var place = opened
        while true {
            place = (place + 1) & mask
            guard places[place].isTaken else { return }
            let distance = (place - home(of: places[place].key)) & mask
            guard distance >= (place - open) & mask else { continue }
            places.swapAt(open, place)
            open = place
        }
    }

    @inlinable mutating func grow() {
        let old = places
        places = [Place](repeating: Place(), count: max(2, 2 * old.count))
        for place in old where place.isTaken { places[search(place.key)] = place }
    }

    /// All entries, by ascending number.
    @inlinable public var sorted: [(key: UInt64, value: Value)] {
        places.compactMap { place in place.value.map { (key: place.key, value: $0) } }.sorted { $0.key < $1.key }
    }
}

extension NumberTable: Sendable where Value: Sendable {}
extension NumberTable.Place: Sendable where Value: Sendable {}
