import CatalogCore
import Determinism
import FederationModel
import RaftCore
import StorageFormat

/// One server's disk: real bytes in the real format. A crash loses what was not synced and tears the last write.
struct SimulatedDisk: Sendable {
    struct Segment: Sendable {
        var name: String
        var bytes: [UInt8]
        /// Bytes that a crash cannot take.
        var durableCount: Int
        var lastIndex: LogIndex
    }

    /// A segment is closed beyond this, so that runs meet the rolling of segments.
    static let segmentBytes = 64 << 10

    let identity: FileIdentity
    private(set) var segments: [Segment] = []
    private var writer: SegmentWriter?
    private var hardState = HardState()
    private(set) var snapshot: (metadata: SnapshotMetadata, data: [UInt8])?
    var files: [String: [UInt8]] = [:]
    /// Written and not yet synced, in order.
    private(set) var unsynced: [UInt64] = []
    private var highest = LogIndex.zero
    private var outline = LogOutline(RaftRecovery())

    init(identity: FileIdentity) { self.identity = identity }

    // MARK: Writing

    mutating func write(_ batch: WriteBatch, sequence: UInt64) {
        if segments.isEmpty || segments[segments.count - 1].bytes.count > Self.segmentBytes { roll() }
        if let state = batch.hardState { hardState = state }
        if let last = batch.entries.last { highest = max(highest, last.index) }
        outline.apply(batch)
        append(batch)
        unsynced.append(sequence)
    }

    private mutating func append(_ batch: WriteBatch) {
        guard var writer else { preconditionFailure("a segment without its writer") }
        let bytes = writer.encode(batch)
        self.writer = writer
        segments[segments.count - 1].bytes += bytes
        segments[segments.count - 1].lastIndex = highest
    }

    private mutating func roll() {
        let number = (writer?.sequence ?? 0) + 1
        let (writer, bytes) = SegmentWriter.begin(identity: identity, sequence: number, hardState: hardState)
        self.writer = writer
        // A real disk syncs the old segment before it begins the next.
        for position in segments.indices { segments[position].durableCount = segments[position].bytes.count }
        segments.append(
            Segment(name: "log-\(number)", bytes: bytes, durableCount: bytes.count, lastIndex: highest))
    }

    /// - Returns: the highest sequence that is durable now; nil when there was nothing to sync.
    mutating func sync() -> UInt64? {
        guard let last = unsynced.last else { return nil }
        for position in segments.indices { segments[position].durableCount = segments[position].bytes.count }
        unsynced.removeAll()
        return last
    }

    mutating func save(_ metadata: SnapshotMetadata, _ data: [UInt8], keepingTrailing count: Int) {
        // One of our own may still have been on its way when the leader's came.
        if let snapshot, snapshot.metadata.index >= metadata.index { return }
        snapshot = (metadata: metadata, data: data)
        if !outline.agrees(index: metadata.index, term: metadata.term) { supersede(metadata) }
        let covered = metadata.index - count
        while segments.count > 1 && segments[0].lastIndex <= covered { segments.removeFirst() }
    }

    /// A snapshot that was not made of this log takes its place: nothing of the log may be read again.
    private mutating func supersede(_ metadata: SnapshotMetadata) {
        if segments.isEmpty { roll() }
        append(WriteBatch(truncateFrom: LogIndex(1)))
        for position in segments.indices { segments[position].durableCount = segments[position].bytes.count }
        outline.restart(after: metadata.index)
        highest = metadata.index
    }

    // MARK: Crash and restart

    /// Power is lost: of the unsynced bytes an arbitrary prefix survives, and its last byte may be wrong.
    mutating func crash(using random: inout SeededRandom) {
        unsynced.removeAll()
        guard var last = segments.popLast() else { return }
        let loose = last.bytes.count - last.durableCount
        if loose > 0 {
            let kept = last.durableCount + Int.random(in: 0...loose, using: &random)
            last.bytes.removeSubrange(kept...)
            if kept > last.durableCount && random.chance(0.5) { last.bytes[kept - 1] ^= 0x55 }
        }
        segments.append(last)
        writer = nil
    }

    struct Opened: Sendable {
        var recovery: RaftRecovery
        var catalog: Catalog?
    }

    /// Opens as a real data directory is opened. An error is a violation: nothing durable may become unreadable.
    mutating func open() throws(StorageError) -> Opened {
        var replay = LogReplay(expecting: identity)
        for (position, segment) in segments.enumerated() {
            try replay.read(segment.bytes, file: segment.name, isLast: position == segments.count - 1)
        }
        let contents = try replay.contents(snapshot: snapshot?.metadata)
        if let unfilled = contents.unfilled { segments.removeAll { $0.name == unfilled } }
        if let tail = contents.tail, !segments.isEmpty {
            segments[segments.count - 1].bytes.removeSubrange(tail.position...)
            segments[segments.count - 1].durableCount = tail.position
            writer = SegmentWriter(resuming: tail)
        } else {
            writer = nil
        }
        hardState = contents.recovery.hardState
        outline = LogOutline(contents.recovery)
        if contents.isSuperseded, let metadata = snapshot?.metadata { supersede(metadata) }
        highest = contents.recovery.entries.last?.index ?? contents.recovery.snapshot?.index ?? .zero
        var catalog: Catalog?
        if let data = snapshot?.data {
            catalog = try? Catalog(snapshot: data)
            precondition(catalog != nil, "a snapshot this build wrote cannot be read")
        }
        return Opened(recovery: contents.recovery, catalog: catalog)
    }
}
