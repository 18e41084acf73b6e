package import FederationModel
import Glibc
package import RaftCore
package import StorageFormat

/// What a data directory held when it was opened.
package struct StorageContents: Equatable, Sendable {
    /// From the directory, or new.
    package var nodeID: NodeID
    /// `.none` until the cluster is bootstrapped.
    package var clusterID: ClusterID
    package var recovery: RaftRecovery
    /// Of `recovery.snapshot`; empty without one.
    package var snapshotData: [UInt8]
    /// From `raft/peers.json`: takes the place of the peer set in the log. Call `retirePeersFile` once it is in use.
    package var recoveredPeers: Membership?
    /// The file whose end was an unfinished write, which was cut off.
    package var tornFile: String?
    /// What a person should read: a damaged snapshot that was not needed.
    package var notes: [String]
}

/// How a data directory is used.
package struct StorageOptions: Sendable {
    /// Servers only: client agents keep no log.
    package var hasLog = true
    /// Reserved for each segment of the log. Larger batches get a larger segment.
    package var segmentBytes = 16 << 20

    package init() {}
}

/// A data directory and the two threads that write to it.
///
/// Sendable: the parts are; the threads' handles are behind the monitor.
package final class Storage: Sendable {
    package let directory: String
    package let nodeID: NodeID

    private let lock: DirectoryLock
    private let log: LogWriter?
    private let files: FileWriter
    private let report: @Sendable (StorageReport) -> Void
    private let threads: Monitor<[OwnedThread]>

    init(
        directory: String, identity: FileIdentity, lock: DirectoryLock, segments: SegmentFiles?,
        report: @escaping @Sendable (StorageReport) -> Void
    ) {
        self.directory = directory
        self.nodeID = identity.nodeID
        self.lock = lock
        self.report = report
        let log = segments.map { LogWriter($0, report: report) }
        let files = FileWriter(directory: directory, identity: identity, log: log, report: report)
        self.log = log
        self.files = files
        var threads = [OwnedThread(name: "files") { files.run() }]
        if let log { threads.append(OwnedThread(name: "log") { log.run() }) }
        self.threads = Monitor(threads)
    }

    deinit { close() }

    /// Finishes what was asked for and gives the directory free. Blocks; may be called twice. A batch that waits for
    /// space stays unwritten and unacknowledged.
    package func close() {
        let threads = threads.change { threads in
            defer { threads = [] }
            return threads
        }
        guard !threads.isEmpty else { return }
        files.close()
        threads[0].join()
        log?.close()
        for thread in threads.dropFirst() { thread.join() }
        lock.release()
    }
}

// MARK: The log and its snapshots

extension Storage {
    /// Queues one batch. `persisted` follows; sequences ascend.
    package func submit(_ batch: WriteBatch, sequence: UInt64) {
        precondition(log != nil, "a client agent has no log")
        log?.submit(batch, sequence: sequence)
    }

    /// More waits than a healthy disk would let wait: refuse proposals and entries until it is false.
    package var isCongested: Bool { log?.isCongested ?? false }

    /// Tries a full disk again now.
    package func retry() { log?.retry() }

    /// Saves a snapshot and keeps the one before it. When it is durable, segments of the log are removed that hold
    /// nothing but entries more than `trailing` before its index. A snapshot that was not made of this log takes its
    /// place: batches submitted later are written after it is durable.
    /// - Parameter data: called on the files' thread, in its turn: making it may take as long as writing it.
    package func saveSnapshot(
        _ metadata: SnapshotMetadata, keepingTrailing trailing: Int, data: @escaping @Sendable () -> [UInt8]
    ) {
        precondition(log != nil, "a client agent has no snapshots")
        log?.saving(metadata)
        _ = files.submit(.snapshot(metadata, data, keepingTrailing: max(0, trailing)))
    }

    /// The cluster's ID for the headers of segments to come. Called when it becomes known.
    package func learn(_ clusterID: ClusterID) { log?.learn(clusterID) }

    /// Renames `raft/peers.json`, so that the next start does not apply it again.
    package func retirePeersFile() { _ = files.submit(.retirePeers) }
}

// MARK: Small files

extension Storage {
    /// Blocks: at the start only.
    /// - Parameter name: relative to the directory.
    /// - Returns: nil when there is no such file.
    package func readFile(_ name: String) throws(StorageError) -> [UInt8]? {
        guard StorageLayout.isUsable(name) else { throw .unusable("the file name \"\(name)\" cannot be used") }
        let path = "\(directory)/\(name)"
        guard Directory.exists(path) else { return nil }
        do throws(SystemFailure) { return try File(path, O_RDONLY).readAll() } catch { throw error.storageError }
    }

    /// Replaces a file atomically and durably; readable by the owner only.
    package func saveFile(_ name: String, _ bytes: [UInt8]) { submit(.replace(name: name, bytes), name: name) }

    /// Appends without a sync: what the last moments added may be missing after a power failure.
    package func appendFile(_ name: String, _ bytes: [UInt8]) { submit(.append(name: name, bytes), name: name) }

    private func submit(_ job: FileWriter.Job, name: String) {
        guard StorageLayout.isUsable(name) else {
            return report(.fileFailed(name: name, .failed("the file name \"\(name)\" cannot be used")))
        }
        if !files.submit(job) { report(.fileFailed(name: name, .failed("too many bytes wait to be written"))) }
    }
}
