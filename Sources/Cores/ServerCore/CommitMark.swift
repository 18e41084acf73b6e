import Determinism
import FederationModel
import RaftCore
import StorageFormat

/// How far the log is known to be committed, kept in a small file: after a restart without a quorum, stale reads see
/// everything that was acknowledged up to a second before.
struct CommitMark: Sendable {
    /// Each save costs the file thread one sync, so not at every commit.
    static let interval: Duration = .seconds(1)

    private(set) var saved: LogIndex
    private var mayFollow = Instant.zero

    /// - Parameters:
    ///   - file: as it was found, empty when there is none.
    ///   - lastIndex: of the recovered log. A mark beyond it is of a log that is no longer there.
    init(file: [UInt8], identity: FileIdentity, lastIndex: LogIndex) {
        saved = .zero
        // Zero is always right: a file that cannot be read or is of another server is as none.
        guard let header = FileHeader(file: file), header.kind == .commit,
            header.identity.clusterID == identity.clusterID, header.identity.nodeID == identity.nodeID,
            header.sequence <= lastIndex.value
        else { return }
        saved = LogIndex(header.sequence)
    }

    /// When `committed`, the node's `durableCommitIndex`, is to be saved.
    func deadline(_ committed: LogIndex) -> Instant { committed > saved ? mayFollow : .distantFuture }

    /// - Returns: the file's bytes when it is time to save them.
    mutating func due(_ committed: LogIndex, identity: FileIdentity, at now: Instant) -> [UInt8]? {
        guard committed > saved, mayFollow <= now, identity.clusterID != .none else { return nil }
        saved = committed
        mayFollow = now + Self.interval
        return FileHeader(kind: .commit, identity: identity, sequence: committed.value).encode()
    }
}
