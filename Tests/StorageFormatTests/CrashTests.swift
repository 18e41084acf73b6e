import Determinism
import FederationModel
import RaftCore
import StorageFormat
import Testing

/// What the log should hold, kept the plain way.
private struct PlainLog: Equatable {
    var hardState = HardState()
    var entries: [LogEntry] = []

    /// The state after each record of a batch: a crash may leave any of them.
    mutating func steps(of batch: WriteBatch) -> [PlainLog] {
        var steps: [PlainLog] = []
        if let state = batch.hardState {
            hardState = state
            steps.append(self)
        }
        if let index = batch.truncateFrom {
            entries.removeAll { $0.index >= index }
            steps.append(self)
        }
        for entry in batch.entries {
            entries.append(entry)
            steps.append(self)
        }
        return steps
    }
}

@Suite struct CrashTests {
    /// A batch that follows the log as Raft would write it.
    private func batch(after log: PlainLog, _ random: inout SeededRandom) -> WriteBatch {
        var batch = WriteBatch()
        let term = log.hardState.term.value + (random.chance(0.2) ? 1 : 0)
        if term != log.hardState.term.value || random.chance(0.1) {
            batch.hardState = HardState(term: Term(term), votedFor: random.chance(0.5) ? identity.nodeID : nil)
        }
        var last = UInt64(log.entries.count)
        if last > 0 && random.chance(0.15) {
            last = UInt64.random(in: 0..<last, using: &random)
            batch.truncateFrom = LogIndex(last + 1)
        }
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            last += 1
            batch.entries.append(entry(last, term: term, bytes: Int.random(in: 0...700, using: &random)))
        }
        return batch
    }

    @Test("A crash keeps every synced group and a prefix of the one under way, whichever sectors reached the disk",
        arguments: 1...40 as ClosedRange<UInt64>)
    func lostSectors(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var (writer, head) = SegmentWriter.begin(identity: identity, sequence: 1, hardState: HardState())
        var disk = head + [UInt8](repeating: 0, count: (1 << 16) - head.count)
        var log = PlainLog()
        for round in 0..<30 {
            let before = writer
            var states = [log]
            var group: [WriteBatch] = []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let batch = batch(after: log, &random)
                group.append(batch)
                states += log.steps(of: batch)
            }
            let bytes = writer.encode(group)
            guard writer.position <= disk.count else { break }
            var written = disk
            written.replaceSubrange(before.position..<writer.position, with: bytes)
            guard random.chance(0.25) else {
                disk = written
                continue
            }
            // The crash: each sector of 512 bytes is old or new. Then a restart, which zeroes what it cut off.
            for start in stride(from: 0, to: disk.count, by: 512) where random.chance(0.5) {
                disk.replaceSubrange(start..<start + 512, with: written[start..<start + 512])
            }
            let contents = try replay([disk])
            let found = PlainLog(hardState: contents.recovery.hardState, entries: contents.recovery.entries)
            #expect(states.contains(found), "seed \(seed), round \(round)")
            log = found
            let tail = try #require(contents.tail)
            #expect(tail.position >= before.position)
            for position in tail.position..<disk.count { disk[position] = 0 }
            writer = SegmentWriter(resuming: tail)
        }
        let contents = try replay([disk])
        #expect(PlainLog(hardState: contents.recovery.hardState, entries: contents.recovery.entries) == log)
    }

    @Test("The outline knows what the log holds", arguments: 1...20 as ClosedRange<UInt64>)
    func outline(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var log = PlainLog()
        var outline = LogOutline(RaftRecovery())
        for _ in 0..<60 {
            let batch = batch(after: log, &random)
            #expect(outline.gap(before: batch) == nil)
            _ = log.steps(of: batch)
            outline.apply(batch)
            #expect(outline.lastIndex == LogIndex(UInt64(log.entries.count)))
            for entry in log.entries {
                #expect(outline.agrees(index: entry.index, term: entry.term))
                #expect(!outline.agrees(index: entry.index, term: Term(entry.term.value + 1)))
            }
            #expect(!outline.agrees(index: outline.lastIndex.next, term: Term(1)))
        }
    }
}
