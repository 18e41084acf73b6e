import FederationModel
import Glibc
import RaftCore
import StorageFormat

/// The segments of one log on disk: `raft/log-<index of the next entry>-<sequence>.seg`.
///
/// Sendable: used by whoever opens the storage, then handed to the log writer's thread and used by nobody else.
final class SegmentFiles: @unchecked Sendable {
    /// Zeros are written this far ahead of the data, inside a write that happens anyway: on a reserved but never
    /// written block a sync must also change the file's metadata, which costs more than the data.
    static let zeroAheadBytes = 256 << 10

    private struct Current {
        var file: File
        var writer: SegmentWriter
        var capacity: Int
        var zeroedThrough: Int
    }

    private let directory: String
    private let segmentBytes: Int
    private(set) var identity: FileIdentity
    private(set) var outline: LogOutline
    private var hardState: HardState
    private var segments: [LogSegment]
    private var highest: LogIndex
    private var nextSequence: UInt64
    private var current: Current?

    init(_ contents: LogContents, directory: String, segmentBytes: Int) {
        self.directory = directory
        self.segmentBytes = segmentBytes
        identity = contents.identity
        outline = LogOutline(contents.recovery)
        hardState = contents.recovery.hardState
        segments = contents.segments
        highest = max(contents.segments.last?.lastIndex ?? .zero, outline.lastIndex)
        nextSequence = contents.nextSequence
    }

    /// Makes the log ready for writing, and durable as replay saw it. The first change on disk.
    func prepare(_ contents: LogContents) throws(SystemFailure) {
        if let unfilled = contents.unfilled { try Directory.remove("\(directory)/\(unfilled)") }
        if let tail = contents.tail {
            let file = try File("\(directory)/\(tail.file)", O_RDWR)
            let capacity = try file.byteCount
            if tail.isTorn {
                // Bytes of the torn write could otherwise pass for the continuation of what is written over it.
                let end = try file.readAll().endOfData(from: tail.position)
                try file.write([UInt8](repeating: 0, count: end - tail.position), at: tail.position)
            }
            try file.sync()
            current = Current(
                file: file, writer: SegmentWriter(resuming: tail), capacity: capacity, zeroedThrough: tail.position)
        } else {
            try roll(forBatchBytes: 0)
        }
        if contents.isSuperseded { try discard(for: contents.recovery.snapshot?.index ?? .zero) }
    }

    /// Writes as many batches as fit the segment, at least one, and syncs. Nothing has changed after a failure but
    /// bytes behind the end of the log.
    /// - Returns: how many.
    func append(_ batches: ArraySlice<WriteBatch>) throws(SystemFailure) -> Int {
        guard let first = batches.first else { return 0 }
        let firstBytes = SegmentWriter.byteCount(of: first)
        if room < firstBytes { try roll(forBatchBytes: firstBytes) }
        guard var next = current else { throw SystemFailure("write", directory, code: EBADF) }

        var room = room
        let fitting = batches.prefix { batch in
            room -= SegmentWriter.byteCount(of: batch)
            return room >= 0
        }
        let position = next.writer.position
        var bytes = next.writer.encode(fitting)
        let end = position + bytes.count
        if end > next.zeroedThrough {
            next.zeroedThrough = min(next.capacity, end + Self.zeroAheadBytes)
            bytes += [UInt8](repeating: 0, count: max(0, next.zeroedThrough - end))
        }
        try next.file.write(bytes, at: position)
        try next.file.syncData()
        current = next
        for batch in fitting { note(batch) }
        segments[segments.count - 1].lastIndex = highest
        return fitting.count
    }

    private var room: Int { current.map { $0.capacity - $0.writer.position } ?? 0 }

    private func note(_ batch: WriteBatch) {
        if let hardState = batch.hardState { self.hardState = hardState }
        outline.apply(batch)
        highest = max(highest, outline.lastIndex)
    }

    /// Begins a segment. Its predecessor is complete and durable by then.
    private func roll(forBatchBytes count: Int) throws(SystemFailure) {
        let (writer, head) = SegmentWriter.begin(identity: identity, sequence: nextSequence, hardState: hardState)
        let capacity = max(segmentBytes, head.count + count)
        let name = "log-\(padded(highest.next.value, 20))-\(padded(nextSequence, 8)).seg"
        let path = "\(directory)/\(name)"
        let temporary = path + Directory.temporarySuffix
        let file: File
        let zeroedThrough = min(capacity, head.count + Self.zeroAheadBytes)
        do throws(SystemFailure) {
            file = try File(temporary, O_RDWR | O_CREAT | O_TRUNC)
            try file.reserve(capacity)
            try file.write(head + [UInt8](repeating: 0, count: zeroedThrough - head.count), at: 0)
            try file.sync()
            try Directory.rename(temporary, to: path)
        } catch {
            unlink(temporary)
            throw error
        }
        try Directory.sync(directory)
        current = Current(file: file, writer: writer, capacity: capacity, zeroedThrough: zeroedThrough)
        segments.append(LogSegment(file: name, sequence: nextSequence, lastIndex: highest))
        nextSequence += 1
    }

    /// Lets the log give way to a durable snapshot that was not made of it.
    func discard(for index: LogIndex) throws(SystemFailure) {
        _ = try append([WriteBatch(truncateFrom: LogIndex(1))])
        outline.restart(after: index)
    }

    /// Removes the oldest segments that hold nothing at or after `index`; never the current one.
    func remove(below index: LogIndex) throws(SystemFailure) {
        while segments.count > 1, segments[0].lastIndex < index {
            try Directory.remove("\(directory)/\(segments[0].file)")
            segments.removeFirst()
        }
    }

    /// A cluster ID for the segments to come.
    func learn(_ clusterID: ClusterID) {
        if identity.clusterID == .none { identity.clusterID = clusterID }
    }
}

/// Decimal digits with zeros before them, so that names sort as numbers.
func padded(_ number: UInt64, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}
