import Determinism
import FederationModel
import RaftCore
import StorageFormat
import Testing
import WireFormat

@Suite struct LogReplayTests {
    @Test func everythingWrittenIsReadBack() throws {
        let contents = try replay([segment(someGroups).bytes])
        #expect(contents.recovery.entries == someEntries)
        #expect(contents.recovery.hardState == HardState(term: Term(2)))
        #expect(contents.tail?.isTorn == false)
        #expect(contents.nextSequence == 2)
        #expect(contents.segments == [LogSegment(file: "log-1", sequence: 1, lastIndex: LogIndex(5))])
    }

    @Test func zerosAfterTheDataAreItsEnd() throws {
        let (bytes, _, _) = segment(someGroups)
        let contents = try replay([bytes + [UInt8](repeating: 0, count: 4096)])
        #expect(contents.recovery.entries == someEntries)
        #expect(contents.tail?.position == bytes.count)
    }

    @Test func writingGoesOnWhereReplayEnded() throws {
        let (bytes, _, writer) = segment(someGroups)
        var resumed = SegmentWriter(resuming: try #require(try replay([bytes]).tail))
        var original = writer
        let batch = WriteBatch(entries: entries(5...6, term: 2))
        let more = resumed.encode(batch)
        #expect(more == original.encode(batch))
        #expect(more.count == SegmentWriter.byteCount(of: batch))
        #expect(try replay([bytes + more]).recovery.entries == someEntries + entries(5...6, term: 2))
    }

    @Test("Every truncation opens as a torn tail with what was whole before it")
    func truncations() throws {
        let batches = (1...6).map { [WriteBatch(entries: [entry($0)])] }
        let (bytes, ends, _) = segment(batches)
        for count in 0...bytes.count {
            let cut = Array(bytes[..<count])
            let filled = cut + [UInt8](repeating: 0, count: bytes.count - count)
            for found in [cut, filled] {
                // What was cut off may have been zeros.
                let whole = ends.lastIndex { $0 <= found.count && found[..<$0] == bytes[..<$0] }
                let contents = try replay([found])
                #expect(contents.recovery.entries == Array(entries(1...6)[..<(whole ?? 0)]), "cut at \(count)")
                #expect((contents.unfilled == nil) == (contents.tail != nil))
                if let whole {
                    #expect(contents.tail?.position == ends[whole])
                }
            }
        }
    }

    @Test("A flipped byte that was once durable is refused and names the record; in the last group it is torn")
    func flippedBytes() throws {
        let (bytes, ends, _) = segment((1...4).map { [WriteBatch(entries: [entry($0)])] })
        for position in ends[0]..<bytes.count {
            var damaged = bytes
            damaged[position] ^= 0x10
            let group = try #require(ends.lastIndex { $0 <= position })
            if group == 3 {
                #expect(try replay([damaged]).recovery.entries == entries(1...3))
                #expect(throws: StorageError.self) { try replay([damaged, segment([], sequence: 2).bytes]) }
            } else {
                let error = #expect(throws: StorageError.self) { try replay([damaged]) }
                guard case .corrupted("log-1", let record, ends[group], _) = error else {
                    Issue.record("byte \(position): \(String(describing: error))")
                    continue
                }
                #expect(record.hasPrefix("record \(group + 2)"))
            }
        }
    }

    @Test("One group whose pages reached the disk in another order is torn, not corrupted")
    func lostPageOfTheLastGroup() throws {
        let (bytes, ends, _) = segment([
            [WriteBatch(entries: [entry(1)])], [WriteBatch(entries: entries(2...9))],
        ])
        var damaged = bytes
        for position in ends[1]..<ends[1] + 48 { damaged[position] = 0 }
        let contents = try replay([damaged])
        #expect(contents.recovery.entries == entries(1...1))
        #expect(contents.tail?.isTorn == true)
        #expect(contents.tail?.position == ends[1])
    }

    @Test("A log stored as a value inside a torn entry is no evidence of corruption")
    func recordsWithinData() throws {
        let inner = segment((1...4).map { [WriteBatch(entries: [entry($0)])] }, sequence: 7).bytes
        let outer = LogEntry(term: Term(1), index: LogIndex(1), kind: .command, data: [0, 0, 0, 0, 0, 0] + inner)
        let (bytes, ends, _) = segment([[WriteBatch(entries: [outer])]])
        var damaged = bytes
        damaged[ends[0]] ^= 1
        #expect(try replay([damaged]).tail?.isTorn == true)
    }

    @Test("A type of record or entry that this build does not know is refused by name", arguments: [16, 33])
    func unknownTypes(offset: Int) {
        var (bytes, ends, _) = segment([[WriteBatch(entries: entries(1...2))], [WriteBatch(entries: [entry(3)])]])
        let number = { (position: Int) in (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[position + $1]) << (8 * $1) } }
        // The header of "dc1" has 56 bytes; the last four are the checksum that seeds the records.
        let seed = number(52)
        bytes[ends[1] + offset] = 77
        let sum = Checksum.crc32(bytes, in: ends[1] + 4..<ends[2], seed: seed)
        for byte in 0..<4 { bytes[ends[1] + byte] = UInt8(truncatingIfNeeded: sum >> (8 * UInt32(byte))) }
        let error = #expect(throws: StorageError.self) { try replay([bytes]) }
        #expect(
            error == .unknownRecord(file: "log-1", record: "record 4 (after entry 2)", offset: ends[1], type: 77))
    }

    @Test func segmentsFollowEachOther() throws {
        let first = segment([[WriteBatch(entries: entries(1...3))]]).bytes
        let state = HardState(term: Term(4), votedFor: identity.nodeID)
        let second = segment([[WriteBatch(entries: entries(4...5))]], sequence: 2, hardState: state).bytes
        let both = try replay([first, second])
        #expect(both.recovery == RaftRecovery(hardState: state, entries: entries(1...5)))
        #expect(both.segments.map(\.lastIndex) == [LogIndex(3), LogIndex(5)])
        let third = segment([], sequence: 3, hardState: state).bytes
        #expect(throws: StorageError.missing(file: "log-2", what: "segment 3 where segment 2 is expected")) {
            try replay([first, third])
        }
        #expect(throws: StorageError.self) { try replay([[], second]) }
        #expect(try replay([first, []]).unfilled == "log-2")
        let later = try replay([second], snapshot: snapshot(at: 3))
        #expect(later.recovery.hardState == state)
        #expect(later.recovery.entries == entries(4...5))
        #expect(throws: StorageError.self) { try replay([second], snapshot: snapshot(at: 2)) }
    }

    @Test("Raft §7: a snapshot replaces what it covers",
        arguments: [
            (1...5, UInt64(3), UInt64(1), 1...5), (1...5, 3, 9, nil), (1...5, 8, 1, nil), (4...5, 3, 1, 4...5),
        ] as [(ClosedRange<UInt64>, UInt64, UInt64, ClosedRange<UInt64>?)])
    func snapshotAndLog(
        log: ClosedRange<UInt64>, index: UInt64, term: UInt64, kept: ClosedRange<UInt64>?
    ) throws {
        let bytes = segment([[WriteBatch(entries: entries(log))]]).bytes
        let recovery = try replay([bytes], snapshot: snapshot(at: index, term: term)).recovery
        #expect(recovery.entries == kept.map { entries($0) } ?? [])
    }

    @Test func entriesAfterAnInstalledSnapshotFollowAGap() throws {
        let bytes = segment([[WriteBatch(entries: entries(1...3))], [WriteBatch(entries: entries(101...102))]]).bytes
        #expect(try replay([bytes], snapshot: snapshot(at: 100)).recovery.entries == entries(101...102))
        let error = #expect(throws: StorageError.self) { try replay([bytes]) }
        #expect(error?.description == "log-1: entry 101 after entry 3, and no snapshot covers what lies between")
    }

    @Test func anEntryAtOrBeforeTheLastReplacesIt() throws {
        let bytes = segment([
            [WriteBatch(entries: entries(1...5))], [WriteBatch(entries: entries(3...3, term: 2))],
        ]).bytes
        #expect(try replay([bytes]).recovery.entries == entries(1...2) + entries(3...3, term: 2))
    }

    @Test("Bytes from outside never trap", arguments: [1, 2, 3] as [UInt64])
    func mutations(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let (bytes, _, _) = segment(someGroups)
        let file = SnapshotWriter.encode(snapshot(at: 5), data: Array(repeating: 7, count: 100), identity: identity)
        for _ in 0..<1500 {
            for original in [bytes, file] {
                var damaged = original
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let position = Int.random(in: 0..<damaged.count, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: damaged[position] = UInt8.random(in: 0...255, using: &random)
                    case 1: damaged[position] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
                    case 2: damaged.removeSubrange(position..<min(damaged.count, position + 9))
                    default:
                        let run = damaged[position..<min(damaged.count, position + 9)]
                        damaged.insert(contentsOf: run, at: position)
                    }
                    if damaged.isEmpty { damaged = [0] }
                }
                _ = try? replay([damaged])
                _ = try? replay([damaged, bytes])
                _ = try? SnapshotFile(damaged, file: "s", expecting: identity)
            }
        }
    }
}
