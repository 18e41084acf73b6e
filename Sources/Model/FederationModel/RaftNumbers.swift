/// A Raft term (Raft §5.1). Zero before any election.
package struct Term: Hashable, Sendable {
    package var value: UInt64

    package init(_ value: UInt64) { self.value = value }

    package static let zero = Term(0)
    package var next: Term { Term(value + 1) }
}

extension Term: Comparable {
    package static func < (left: Term, right: Term) -> Bool { left.value < right.value }
}

extension Term: CustomStringConvertible {
    package var description: String { String(value) }
}

/// A position in a Raft log; the first entry is 1. Zero stands before it.
package struct LogIndex: Hashable, Sendable {
    package var value: UInt64

    package init(_ value: UInt64) { self.value = value }

    package static let zero = LogIndex(0)
    package var next: LogIndex { LogIndex(value + 1) }

    package static func + (left: LogIndex, right: Int) -> LogIndex { LogIndex(left.value + UInt64(right)) }
    /// Saturates at zero.
    package static func - (left: LogIndex, right: Int) -> LogIndex {
        LogIndex(left.value > UInt64(right) ? left.value - UInt64(right) : 0)
    }
    /// Distance in entries, negative when `left` stands before `right`.
    package static func - (left: LogIndex, right: LogIndex) -> Int { Int(left.value) - Int(right.value) }
}

extension LogIndex: Comparable {
    package static func < (left: LogIndex, right: LogIndex) -> Bool { left.value < right.value }
}

extension LogIndex: CustomStringConvertible {
    package var description: String { String(value) }
}
