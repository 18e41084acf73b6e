package import FederationModel
package import RaftCore

/// Where the log goes on.
package struct LogTail: Equatable, Sendable {
    package var file: String
    package var sequence: UInt64
    package var position: Int
    /// True when an unfinished write was cut off at `position`: everything after it must be zeroed and synced before
    /// the next write.
    package var isTorn: Bool
    var nextNumber: UInt32
    var seed: UInt32
}

/// One segment as replay found it.
package struct LogSegment: Equatable, Sendable {
    package var file: String
    package var sequence: UInt64
    /// The highest index of any entry in this segment or before it. The segment can go when that is covered.
    package var lastIndex: LogIndex

    package init(file: String, sequence: UInt64, lastIndex: LogIndex) {
        self.file = file
        self.sequence = sequence
        self.lastIndex = lastIndex
    }
}

/// What the whole log says.
package struct LogContents: Equatable, Sendable {
    package var recovery: RaftRecovery
    /// With the cluster ID when any file or entry knew it.
    package var identity: FileIdentity
    package var segments: [LogSegment]
    /// Nil when there is no segment to go on with: begin a new one numbered `nextSequence`.
    package var tail: LogTail?
    package var nextSequence: UInt64
    /// A last segment that was created and never filled; to be removed before the next one is made.
    package var unfilled: String?
    /// True when the files hold entries that `recovery` leaves out for the snapshot's sake. Before the next entry
    /// `truncateFrom` 1 must be written: a later replay could not tell them from what follows the snapshot.
    package var isSuperseded: Bool
}

extension LogContents {
    /// Of a new log.
    package init(emptyFor identity: FileIdentity) {
        self.init(
            recovery: RaftRecovery(), identity: identity, segments: [], tail: nil, nextSequence: 1, unfilled: nil,
            isSuperseded: false)
    }
}

/// Reads the segments of a log in order and says what they hold, or which record is not as it was written.
///
/// In the last segment a damaged record with no later group behind it is a sync that did not finish: it is cut off.
/// Anything else is corruption. An entry at or before the last one replaces it and everything after it. An entry
/// further on than the next is a gap, which a snapshot must cover.
package struct LogReplay {
    private struct Gap { var file: String, record: String, before: LogIndex, after: LogIndex }

    private var identity: FileIdentity
    private var hardState = HardState()
    private var entries: [LogEntry] = []
    private var highest = LogIndex.zero
    private var gap: Gap?
    private var segments: [LogSegment] = []
    private var tail: LogTail?
    private var nextSequence: UInt64?
    private var unfilled: String?
    private var isFinished = false

    /// - Parameter identity: this agent's datacenter and node; the cluster ID may be unknown.
    package init(expecting identity: FileIdentity) { self.identity = identity }

    /// The next segment. Linear in its bytes.
    package mutating func read(_ bytes: [UInt8], file: String, isLast: Bool) throws(StorageError) {
        precondition(!isFinished, "\(file) after the last segment")
        isFinished = isLast
        guard let found = try FileHeader.decode(bytes, file: file) else {
            guard isLast else {
                throw .corrupted(file: file, record: "the header", offset: 0, reason: "it is empty")
            }
            unfilled = file
            return
        }
        guard found.header.kind == .log else { throw .notOurs(file: file) }
        try identity.confirm(found.header.identity, file: file)
        let sequence = found.header.sequence
        if let nextSequence, sequence != nextSequence {
            throw .missing(file: file, what: "segment \(sequence) where segment \(nextSequence) is expected")
        }
        nextSequence = sequence &+ 1

        var reader = RecordReader(bytes, seed: found.checksum, from: found.byteCount)
        var isTorn = false
        reading: while true {
            let offset = reader.position
            let record = "record \(reader.nextNumber)\(entries.last.map { " (after entry \($0.index))" } ?? "")"
            switch reader.next() {
            case .record(let found): try apply(found, of: bytes, file: file, record: record, offset: offset)
            case .end: break reading
            case .torn where isLast:
                isTorn = true
                break reading
            case .torn:
                throw .corrupted(file: file, record: record, offset: offset, reason: "a later segment follows")
            case .corrupted(let reason):
                throw .corrupted(file: file, record: record, offset: offset, reason: reason)
            }
        }
        segments.append(LogSegment(file: file, sequence: sequence, lastIndex: highest))
        tail = LogTail(
            file: file, sequence: sequence, position: reader.position, isTorn: isTorn, nextNumber: reader.nextNumber,
            seed: found.checksum)
    }

    private mutating func apply(
        _ found: RecordReader.Record, of bytes: [UInt8], file: String, record: String, offset: Int
    ) throws(StorageError) {
        switch LogRecord.decode(found, of: bytes) {
        case .record(.hardState(let state)): hardState = state
        case .record(.truncateFrom(let index)): truncate(from: index)
        case .record(.entry(let entry)):
            if let last = entries.last {
                if entry.index <= last.index {
                    truncate(from: entry.index)
                } else if entry.index != last.index.next {
                    gap = Gap(file: file, record: record, before: last.index, after: entry.index)
                    entries.removeAll()
                }
            }
            entries.append(entry)
            highest = max(highest, entry.index)
        case .unknown(let type): throw .unknownRecord(file: file, record: record, offset: offset, type: type)
        case .malformed:
            throw .corrupted(file: file, record: record, offset: offset, reason: "its payload is not readable")
        }
    }

    private mutating func truncate(from index: LogIndex) {
        guard let first = entries.first?.index else { return }
        entries.removeLast(index <= first ? entries.count : max(0, entries.count - (index - first)))
    }

    /// After the last segment.
    ///
    /// Entries that the snapshot makes meaningless are left out: all of them when they end before it, or hold another
    /// term at its index (Raft §7).
    package func contents(snapshot: SnapshotMetadata?) throws(StorageError) -> LogContents {
        var identity = identity
        if let snapshot { try identity.confirm(snapshot.clusterID, file: "the snapshot at \(snapshot.index)") }
        let covered = snapshot?.index ?? .zero
        if let first = entries.first?.index, first > covered.next {
            let file = gap?.file ?? segments.first?.file ?? ""
            let before = gap.map { " after entry \($0.before)" } ?? ""
            throw .missing(file: file, what: "entry \(first)\(before), and no snapshot covers what lies between")
        }
        var kept = entries
        if let snapshot, let first = kept.first?.index, let last = kept.last?.index {
            let agrees = first > covered || (last >= covered && kept[covered - first].term == snapshot.term)
            if !agrees { kept.removeAll() }
        }
        return LogContents(
            recovery: RaftRecovery(hardState: hardState, snapshot: snapshot, entries: kept), identity: identity,
            segments: segments, tail: tail, nextSequence: nextSequence ?? 1, unfilled: unfilled,
            isSuperseded: kept.isEmpty && !entries.isEmpty)
    }

    /// True when the log itself holds the entry, so that losing a snapshot up to it loses nothing.
    package func holds(index: LogIndex, term: Term) -> Bool {
        guard let first = entries.first?.index, let last = entries.last?.index, first <= index, index <= last else {
            return false
        }
        return entries[index - first].term == term
    }
}
