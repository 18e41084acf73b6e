/// A Raft term (Raft §5.1). Zero before any election.
public struct Term: Hashable, Sendable {
    public var value: UInt64

    @inlinable public init(_ value: UInt64) { self.value = value }

    @inlinable public static var zero: Term { Term(0) }
    @inlinable public var next: Term { Term(value + 1) }
}

extension Term: Comparable {
    @inlinable public static func == (left: Term, right: Term) -> Bool { left.value == right.value }
    @inlinable public static func < (left: Term, right: Term) -> Bool { left.value < right.value }
}

extension Term: CustomStringConvertible {
    public var description: String { String(value) }
}

/// A position in a Raft log; the first entry is 1. Zero stands before it.
public struct LogIndex: Hashable, Sendable {
    public var value: UInt64

    @inlinable public init(_ value: UInt64) { self.value = value }

    @inlinable public static var zero: LogIndex { LogIndex(0) }
    @inlinable public var next: LogIndex { LogIndex(value + 1) }

    @inlinable public static func + (left: LogIndex, right: Int) -> LogIndex { LogIndex(left.value + UInt64(right)) }
    /// Saturates at zero.
    @inlinable public static func - (left: LogIndex, right: Int) -> LogIndex {
        LogIndex(left.value > UInt64(right) ? left.value - UInt64(right) : 0)
    }
    /// Distance in entries, negative when `left` stands before `right`.
    @inlinable public static func - (left: LogIndex, right: LogIndex) -> Int { Int(left.value) - Int(right.value) }
}

extension LogIndex: Comparable {
    @inlinable public static func == (left: LogIndex, right: LogIndex) -> Bool { left.value == right.value }
    @inlinable public static func < (left: LogIndex, right: LogIndex) -> Bool { left.value < right.value }
}

extension LogIndex: CustomStringConvertible {
    public var description: String { String(value) }
}
