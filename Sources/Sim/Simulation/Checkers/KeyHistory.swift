package import Determinism

/// What clients asked of one key, and whether it fits one order in which each took effect at a moment between its
/// begin and its end: linearizability, by search (Wing and Gong, Testing and Verifying Concurrent Objects, 1993; with
/// Lowe's memory of places already searched, 2017, as in Porcupine). The key is a register with comparison.
///
/// Exponential at the worst: in what runs at the same time, and in writes of unknown fate. Keep histories short.
package struct KeyHistory: Sendable {
    /// Values differ between writes; 0 is a key that is not there.
    package enum Operation: Equatable, Sendable {
        case read
        case set(Int)
        case delete
        case compareAndSet(expected: Int, Int)
    }

    package enum Outcome: Equatable, Sendable {
        case read(Int)
        case done
        /// Of a comparison: another value was there.
        case differed
        /// May take effect at any time after its begin, or never.
        case unknown
    }

    package struct Entry: Equatable, Sendable {
        package var who: String
        package var operation: Operation
        package var begun: Instant
        package var ended: Instant
        package var outcome: Outcome

        package init(who: String, operation: Operation, begun: Instant, ended: Instant, outcome: Outcome) {
            self.who = who
            self.operation = operation
            self.begun = begun
            self.ended = ended
            self.outcome = outcome
        }
    }

    package enum Verdict: Equatable, Sendable {
        case linearizable
        /// The first entry, by its end, that no order reaches.
        case violated(Entry, after: Int)
        /// The search was longer than `maxStepCount`.
        case undecided
    }

    /// About a second at the worst.
    package static let maxStepCount = 1_000_000

    package private(set) var entries: [Entry] = []

    package init(_ entries: [Entry] = []) { for entry in entries { add(entry) } }

    /// Reads of unknown outcome say nothing and are left out.
    package mutating func add(_ entry: Entry) {
        if entry.operation == .read && entry.outcome == .unknown { return }
        entries.append(entry)
    }

    package var verdict: Verdict {
        var search = KeySearch(entries)
        return search.run()
    }
}

extension KeyHistory.Entry: CustomStringConvertible {
    package var description: String {
        let what =
            switch (operation, outcome) {
            case (.read, .read(let value)): "reads \(value)"
            case (.read, _): "reads"
            case (.set(let value), _): "sets \(value)"
            case (.delete, _): "deletes"
            case (.compareAndSet(let expected, let value), _): "sets \(value) over \(expected)"
            }
        let end =
            switch outcome {
            case .read, .done: ""
            case .differed: " and finds another value"
            case .unknown: " with unknown outcome"
            }
        return "\(who) \(what)\(end)"
    }

    /// The value after it, when it may take effect on this one.
    fileprivate func applied(to value: Int) -> Int? {
        switch (operation, outcome) {
        case (.read, .read(let seen)): seen == value ? value : nil
        case (.read, _): nil
        case (.set(let new), _): new
        case (.delete, _): 0
        case (.compareAndSet(let expected, _), .differed): expected == value ? nil : value
        case (.compareAndSet(let expected, let new), _): expected == value ? new : nil
        }
    }
}

/// Begins and ends in their order, as a list from which what has taken effect is taken out and put back.
private struct KeySearch {
    private struct Event {
        let entry: Int
        let isEnd: Bool
    }

    /// What has taken effect, and what is there then.
    private struct Place: Hashable {
        var done: [UInt64]
        var value: Int
    }

    private let entries: [KeyHistory.Entry]
    private var events: [Event] = []
    /// Of each entry's begin; of its end, when it has one.
    private var begins: [Int]
    private var ends: [Int?]
    private var next: [Int]
    private var previous: [Int]
    private let head: Int

    init(_ entries: [KeyHistory.Entry]) {
        self.entries = entries
        var moments: [(at: Instant, isEnd: Bool, entry: Int)] = []
        for (number, entry) in entries.enumerated() {
            moments.append((at: entry.begun, isEnd: false, entry: number))
            if entry.outcome != .unknown { moments.append((at: entry.ended, isEnd: true, entry: number)) }
        }
        // What ends and what begins at one moment may have been in either order.
        moments.sort { left, right in
            (left.at.nanoseconds, left.isEnd ? 1 : 0, left.entry)
                < (right.at.nanoseconds, right.isEnd ? 1 : 0, right.entry)
        }
        begins = Array(repeating: 0, count: entries.count)
        ends = Array(repeating: nil, count: entries.count)
        for (place, moment) in moments.enumerated() {
            events.append(Event(entry: moment.entry, isEnd: moment.isEnd))
            if moment.isEnd { ends[moment.entry] = place } else { begins[moment.entry] = place }
        }
        head = events.count
        next = (0..<events.count + 1).map { $0 + 1 }
        previous = (0..<events.count + 1).map { $0 - 1 }
        next[head] = events.isEmpty ? head : 0
        if !events.isEmpty {
            next[events.count - 1] = head
            previous[0] = head
        }
        previous[head] = events.isEmpty ? head : events.count - 1
    }

    private mutating func takeOut(_ place: Int) {
        next[previous[place]] = next[place]
        previous[next[place]] = previous[place]
    }

    private mutating func putBack(_ place: Int) {
        next[previous[place]] = place
        previous[next[place]] = place
    }

    mutating func run() -> KeyHistory.Verdict {
        var place = Place(done: Array(repeating: 0, count: entries.count / 64 + 1), value: 0)
        var seen: Set<Place> = []
        var taken: [(entry: Int, before: Int)] = []
        var openEnds = ends.count { $0 != nil }
        var stepCount = 0
        // The end that stopped the longest order.
        var deepest = (count: -1, entry: 0)
        var event = next[head]
        while openEnds > 0 {
            stepCount += 1
            if stepCount > KeyHistory.maxStepCount { return .undecided }
            let number = event == head ? nil : events[event].entry
            if let number, event != head, !events[event].isEnd {
                if let value = entries[number].applied(to: place.value),
                    entries[number].outcome != .unknown || value != place.value
                {
                    var further = place
                    further.done[number / 64] |= 1 << UInt64(number % 64)
                    further.value = value
                    if seen.insert(further).inserted {
                        taken.append((entry: number, before: place.value))
                        place = further
                        takeOut(begins[number])
                        if let end = ends[number] {
                            takeOut(end)
                            openEnds -= 1
                        }
                        event = next[head]
                        continue
                    }
                }
                event = next[event]
                continue
            }
            if let number, taken.count > deepest.count { deepest = (count: taken.count, entry: number) }
            guard let last = taken.popLast() else {
                return .violated(entries[deepest.entry], after: max(0, deepest.count))
            }
            place.done[last.entry / 64] &= ~(1 << UInt64(last.entry % 64))
            place.value = last.before
            if let end = ends[last.entry] {
                putBack(end)
                openEnds += 1
            }
            putBack(begins[last.entry])
            event = next[begins[last.entry]]
        }
        return .linearizable
    }
}
