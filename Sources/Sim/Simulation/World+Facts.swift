package import FederationModel
package import RaftCore
package import ServerCore

/// What checkers hear of a world, in the order in which it happened.
package enum Fact: Sendable {
    case observed(Observation)
    /// A life of the agent begins with what its disk held.
    case started(RaftRecovery)
    case ended
    case froze
    case resumed
    /// Handed to the disk.
    case wrote(WriteBatch)
    /// A catalog was handed out to be saved; the digest is of its canonical bytes.
    case saved(SnapshotMetadata, catalog: UInt64)
    /// A snapshot of the leader took the log's place on disk.
    case installed(SnapshotMetadata)
    /// A request was answered, while readers of this agent saw a view of that index.
    case answered(RequestID, view: LogIndex)
    /// A suspicion of this member of a pool ran out here.
    case condemned(String)
    case cut(to: Int)
    case mended(to: Int)
}

extension World {
    /// Costs nothing unless somebody takes them.
    mutating func tell(_ host: Int, _ fact: @autoclosure () -> Fact) {
        if keepsFacts { facts.append((host: host, fact())) }
    }

    package mutating func takeFacts() -> [(host: Int, Fact)] { take(&facts) }
}

/// What has gathered. Asked after every step, and mostly nothing has.
func take<Element>(_ gathered: inout [Element]) -> [Element] {
    guard !gathered.isEmpty else { return [] }
    var taken: [Element] = []
    swap(&taken, &gathered)
    return taken
}
