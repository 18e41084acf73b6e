package import RaftCore
package import StorageFormat

/// What the storage's threads have done. Called on those threads: hand it to the loop that owns the server.
package enum StorageReport: Equatable, Sendable {
    /// Every batch up to this sequence is durable. Once per sync, with the highest sequence of it.
    case persisted(through: UInt64)
    /// `.full`: nothing is lost, the writer tries again each 500 ms and upon `retry()`; said once until it succeeds,
    /// which `persisted` tells. `.failed`: the log takes no more writes and the server must stop.
    case persistFailed(DiskFailure)
    case snapshotSaved(SnapshotMetadata)
    /// The snapshot before it stays. A full disk is not tried again.
    case snapshotFailed(SnapshotMetadata, DiskFailure)
    /// A small file was not written.
    case fileFailed(name: String, DiskFailure)
}
