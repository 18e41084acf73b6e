import FederationModel
import Glibc
import RaftCore
import StorageFormat

/// The thread that writes everything but the log: snapshots, small files, appended files. In the order asked for.
///
/// Sendable: its only state is behind the monitor.
final class FileWriter: Sendable {
    /// Small files and appended bytes waiting; past it the newest is refused, as gossip's files can be made again.
    static let maxQueuedBytes = 32 << 20
    static let keptSnapshotCount = 2

    enum Job {
        case snapshot(SnapshotMetadata, @Sendable () -> [UInt8], keepingTrailing: Int)
        case replace(name: String, [UInt8])
        case append(name: String, [UInt8])
        case retirePeers
    }

    private struct Queue {
        var jobs: [Job] = []
        var waitingBytes = 0
        var isClosing = false

        /// Takes out what waits to replace this file. O(jobs), which are few: each kind of file waits once.
        mutating func forget(_ name: String) {
            jobs.removeAll { job in
                guard case .replace(name, let bytes) = job else { return false }
                waitingBytes -= bytes.count
                return true
            }
        }
    }

    private let queue = Monitor(Queue())
    private let directory: String
    private let identity: FileIdentity
    private let log: LogWriter?
    private let report: @Sendable (StorageReport) -> Void

    init(
        directory: String, identity: FileIdentity, log: LogWriter?, report: @escaping @Sendable (StorageReport) -> Void
    ) {
        self.directory = directory
        self.identity = identity
        self.log = log
        self.report = report
    }

    /// The thread's body: returns after `close`, when everything asked for before is done.
    func run() {
        while let jobs = takeJobs() {
            for job in jobs { perform(job) }
        }
    }

    private func takeJobs() -> [Job]? {
        queue.wait { queue -> [Job]?? in
            if queue.jobs.isEmpty { return queue.isClosing ? .some(nil) : nil }
            let jobs = queue.jobs
            queue.jobs = []
            queue.waitingBytes = 0
            return jobs
        }
    }

    private func perform(_ job: Job) {
        switch job {
        case .snapshot(let metadata, let data, let trailing):
            do throws(SystemFailure) {
                try save(metadata, data())
                log?.saved(metadata, isSaved: true, keepingFrom: (metadata.index - trailing).next)
                report(.snapshotSaved(metadata))
            } catch {
                log?.saved(metadata, isSaved: false, keepingFrom: .zero)
                report(.snapshotFailed(metadata, error.diskFailure))
            }
        case .replace(let name, let bytes):
            attempt(name) { () throws(SystemFailure) in
                let (folder, last) = try place(name)
                try Directory.replace(last, in: folder, with: CollectionOfOne(bytes))
            }
        case .append(let name, let bytes):
            attempt(name) { () throws(SystemFailure) in
                let (folder, last) = try place(name)
                try File("\(folder)/\(last)", O_WRONLY | O_CREAT | O_APPEND).append(bytes)
            }
        case .retirePeers:
            attempt(PeersFile.name) { () throws(SystemFailure) in
                let path = "\(directory)/\(PeersFile.name)"
                guard Directory.exists(path) else { return }
                try Directory.rename(path, to: path + PeersFile.usedSuffix)
                try Directory.sync("\(directory)/\(StorageLayout.logFolder)")
            }
        }
    }

    private func attempt(_ name: String, _ body: () throws(SystemFailure) -> Void) {
        do throws(SystemFailure) { try body() } catch { report(.fileFailed(name: name, error.diskFailure)) }
    }

    /// The folder of a small file, made when it is not there, and its last name.
    private func place(_ name: String) throws(SystemFailure) -> (folder: String, last: String) {
        var parts = name.split(separator: "/").map(String.init)
        let last = parts.removeLast()
        var folder = directory
        for part in parts {
            folder += "/\(part)"
            _ = try Directory.make(folder)
        }
        return (folder, last)
    }

    private func save(_ metadata: SnapshotMetadata, _ data: [UInt8]) throws(SystemFailure) {
        let folder = "\(directory)/\(StorageLayout.logFolder)"
        let name = SnapshotName(index: metadata.index, term: metadata.term)
        try Directory.replace(name.description, in: folder, with: SnapshotParts(metadata, data, identity))
        let names = try Directory.names(in: folder).compactMap { SnapshotName($0) }.sorted()
        for old in names.dropLast(Self.keptSnapshotCount) where old < name { try Directory.remove("\(folder)/\(old)") }
    }

    // MARK: From other threads

    /// - Returns: false when too much waits already.
    func submit(_ job: Job) -> Bool {
        queue.change { queue in
            switch job {
            case .snapshot, .retirePeers: break
            case .replace(let name, let bytes):
                // One that still waits would be written to be replaced at once. A file that changes faster than the
                // disk writes it takes the room of one.
                queue.forget(name)
                fallthrough
            case .append(_, let bytes):
                guard queue.waitingBytes + bytes.count <= Self.maxQueuedBytes else { return false }
                queue.waitingBytes += bytes.count
            }
            queue.jobs.append(job)
            return true
        }
    }

    func close() { queue.change { $0.isClosing = true } }
}

/// The pieces of a snapshot file, one at a time.
private struct SnapshotParts: Sequence, IteratorProtocol {
    private var writer: SnapshotWriter
    private let data: [UInt8]
    private var position: Int?
    private var isComplete = false

    init(_ metadata: SnapshotMetadata, _ data: [UInt8], _ identity: FileIdentity) {
        writer = SnapshotWriter(metadata, identity: identity)
        self.data = data
    }

    mutating func next() -> [UInt8]? {
        guard let start = position else {
            position = 0
            return writer.head
        }
        if start < data.count {
            let end = Swift.min(start + SnapshotWriter.chunkBytes, data.count)
            position = end
            return writer.chunk(data[start..<end])
        }
        defer { isComplete = true }
        return isComplete ? nil : writer.end()
    }
}
