package import FederationModel

/// One entry of the replicated log (Raft §5.3).
package struct LogEntry: Equatable, Sendable {
    /// The numbers are on disk and on the wire: never reused.
    package enum Kind: UInt8, Sendable {
        /// A new leader's first entry (Raft §8).
        case noop = 0
        /// A catalog command.
        case command = 1
        /// A `Membership`, in force from the moment it is appended (Raft §6).
        case membership = 2
        /// The `ClusterID` as 8 bytes: the first entry of every log.
        case identity = 3
    }

    package var term: Term
    package var index: LogIndex
    package var kind: Kind
    package var data: [UInt8]

    package init(term: Term, index: LogIndex, kind: Kind, data: [UInt8] = []) {
        self.term = term
        self.index = index
        self.kind = kind
        self.data = data
    }
}
