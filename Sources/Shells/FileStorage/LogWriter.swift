import FederationModel
import Glibc
import RaftCore
import StorageFormat

/// The thread that owns the log. Batches that wait while it syncs go together into the next sync.
///
/// Sendable: its only state is behind the monitor; `files` belongs to the thread.
final class LogWriter: Sendable {
    /// Past this much waiting data `isCongested` asks the server to refuse proposals and entries.
    static let congestedBytes = 64 << 20
    /// Past this much the server did not listen: the log fails rather than fill the memory.
    static let maxQueuedBytes = 512 << 20
    /// A disk that was full is tried again after this.
    static let retryMilliseconds = 500

    private enum Job {
        case batch(WriteBatch, sequence: UInt64)
        /// A snapshot is being saved: when it was not made of this log, what comes after must wait for it.
        case snapshot(SnapshotMetadata)
        case remove(below: LogIndex)
        case learn(ClusterID)

        var isBatch: Bool {
            switch self {
            case .batch: true
            case .snapshot, .remove, .learn: false
            }
        }
    }

    private struct Queue {
        var jobs: [Job] = []
        var waitingBytes = 0
        var isRetryAsked = false
        var isClosing = false
        var hasFailed = false
        /// Asked for and not yet met by the log thread, in that order. Nil until the file thread is done with it.
        var snapshots: [(metadata: SnapshotMetadata, isSaved: Bool?)] = []
    }

    private let queue = Monitor(Queue())
    private let files: SegmentFiles
    private let report: @Sendable (StorageReport) -> Void

    init(_ files: SegmentFiles, report: @escaping @Sendable (StorageReport) -> Void) {
        self.files = files
        self.report = report
    }

    /// The thread's body: returns after `close`, or after a failure of the device.
    func run() {
        var pending: ArraySlice<Job> = []
        var isFull = false
        while true {
            if pending.isEmpty {
                guard let jobs = takeJobs() else { return }
                pending = jobs[...]
            }
            do throws(SystemFailure) {
                let (done, sequence) = try perform(pending)
                if let sequence { report(.persisted(through: sequence)) }
                pending = pending.dropFirst(done)
                isFull = false
            } catch {
                let failure = error.diskFailure
                if failure != .full || !isFull { report(.persistFailed(failure)) }
                guard failure == .full else { return fail() }
                isFull = true
                if waitForRetry() { return }
            }
        }
    }

    /// Nil when there is nothing left to do.
    private func takeJobs() -> [Job]? {
        queue.wait { queue -> [Job]?? in
            if queue.jobs.isEmpty { return queue.isClosing ? .some(nil) : nil }
            let jobs = queue.jobs
            queue.jobs = []
            queue.waitingBytes = 0
            return jobs
        }
    }

    /// The jobs at the head that one sync can cover, or one other job.
    private func perform(_ jobs: ArraySlice<Job>) throws(SystemFailure) -> (done: Int, sequence: UInt64?) {
        var batches: [WriteBatch] = []
        var sequences: [UInt64] = []
        for case .batch(let batch, let sequence) in jobs.prefix(while: \.isBatch) {
            batches.append(batch)
            sequences.append(sequence)
        }
        if let first = batches.first {
            if let index = files.outline.gap(before: first) {
                throw SystemFailure.logGap(index, after: files.outline.lastIndex)
            }
            let count = try files.append(batches[...])
            return (count, count > 0 ? sequences[count - 1] : nil)
        }
        switch jobs.first {
        case .snapshot(let metadata): try settle(metadata)
        case .remove(let index): try files.remove(below: index)
        case .learn(let clusterID): files.learn(clusterID)
        case .batch, nil: break
        }
        return (1, nil)
    }

    /// A snapshot of this log needs nothing. One that takes the log's place must be durable before anything that
    /// follows it, and the entries before it must not be found again.
    private func settle(_ metadata: SnapshotMetadata) throws(SystemFailure) {
        files.learn(metadata.clusterID)
        if !files.outline.agrees(index: metadata.index, term: metadata.term) {
            let isSaved = queue.wait { queue in
                queue.snapshots.first?.isSaved ?? (queue.isClosing ? false : nil)
            }
            if isSaved { try files.discard(for: metadata.index) }
        }
        queue.change { $0.snapshots = Array($0.snapshots.dropFirst()) }
    }

    /// - Returns: true when closing: what is not written stays unacknowledged.
    private func waitForRetry() -> Bool {
        queue.wait(milliseconds: Self.retryMilliseconds) { queue -> Bool? in
            defer { queue.isRetryAsked = false }
            return queue.isClosing ? true : queue.isRetryAsked ? false : nil
        } ?? false
    }

    private func fail() {
        queue.change { queue in
            queue.hasFailed = true
            queue.jobs = []
        }
    }

    // MARK: From other threads

    func submit(_ batch: WriteBatch, sequence: UInt64) {
        let bytes = SegmentWriter.byteCount(of: batch)
        let overflows = queue.change { queue -> Bool in
            guard !queue.hasFailed else { return false }
            if queue.waitingBytes + bytes > Self.maxQueuedBytes {
                queue.hasFailed = true
                return true
            }
            queue.waitingBytes += bytes
            queue.jobs.append(.batch(batch, sequence: sequence))
            return false
        }
        if overflows { report(.persistFailed(.failed("more than \(Self.maxQueuedBytes) bytes wait for the log"))) }
    }

    func saving(_ metadata: SnapshotMetadata) {
        queue.change { queue in
            guard !queue.hasFailed else { return }
            queue.snapshots.append((metadata, nil))
            queue.jobs.append(.snapshot(metadata))
        }
    }

    func saved(_ metadata: SnapshotMetadata, isSaved: Bool, keepingFrom index: LogIndex) {
        queue.change { queue in
            if let position = queue.snapshots.firstIndex(where: { $0.metadata == metadata && $0.isSaved == nil }) {
                queue.snapshots[position].isSaved = isSaved
            }
            if isSaved && !queue.hasFailed { queue.jobs.append(.remove(below: index)) }
        }
    }

    func learn(_ clusterID: ClusterID) { queue.change { $0.jobs.append(.learn(clusterID)) } }

    func retry() { queue.change { $0.isRetryAsked = true } }

    var isCongested: Bool { queue.look { $0.waitingBytes > Self.congestedBytes } }

    func close() { queue.change { $0.isClosing = true } }
}

extension SystemFailure {
    /// An entry that would not be found again.
    fileprivate static func logGap(_ index: LogIndex, after last: LogIndex) -> SystemFailure {
        SystemFailure("append of entry \(index) after entry \(last)", "the log", code: EINVAL)
    }
}
