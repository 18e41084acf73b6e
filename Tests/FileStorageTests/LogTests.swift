import FederationModel
import FileStorage
import Foundation
import RaftCore
import StorageFormat
import Testing

@Suite struct LogTests {
    @Test func aNewDirectoryIsEmptyAndARestartFindsEverything() throws {
        let directory = try TemporaryDirectory()
        let state = HardState(term: Term(3), votedFor: node)
        do {
            let bench = try Bench(directory.data)
            #expect(bench.contents.recovery == RaftRecovery())
            #expect(bench.contents.nodeID == node)
            #expect(bench.contents.clusterID == .none)
            bench.storage.learn(cluster)
            try bench.write(WriteBatch(hardState: state, entries: entries(1...3)), sequence: 1)
            try bench.write(WriteBatch(truncateFrom: LogIndex(3), entries: entries(3...4, term: 3)), sequence: 2)
            bench.storage.close()
        }
        for _ in 0..<2 {
            let bench = try Bench(directory.data, nodeID: nil)
            #expect(bench.contents.nodeID == node)
            #expect(bench.contents.recovery.hardState == state)
            #expect(bench.contents.recovery.entries == entries(1...2) + entries(3...4, term: 3))
            #expect(bench.contents.tornFile == nil)
            bench.storage.close()
        }
        let bench = try Bench(directory.data)
        try bench.write(5...6)
        bench.storage.close()
        #expect(try Bench(directory.data).contents.recovery.entries.map(\.index.value) == Array(1...6))
    }

    @Test func aNewNodeIDIsKept() throws {
        let directory = try TemporaryDirectory()
        let first = try Bench(directory.data, nodeID: nil)
        first.storage.close()
        let second = try Bench(directory.data, nodeID: nil)
        #expect(first.contents.nodeID == second.contents.nodeID)
    }

    @Test("Segments follow each other, also for a batch larger than one")
    func rolling() throws {
        let directory = try TemporaryDirectory()
        let state = HardState(term: Term(7), votedFor: node)
        let bench = try Bench(directory.data, segmentBytes: 4096)
        try bench.write(WriteBatch(hardState: state), sequence: 1)
        bench.storage.learn(cluster)
        try bench.write(1...100, term: 7)
        try bench.write(101...101, term: 7, bytes: 20_000)
        try bench.write(102...110, term: 7)
        bench.storage.close()
        #expect(try segmentNames(directory.data).count >= 4)
        let again = try Bench(directory.data, segmentBytes: 4096)
        let expected = entries(1...100, term: 7) + [entry(101, term: 7, bytes: 20_000)] + entries(102...110, term: 7)
        #expect(again.contents.recovery == RaftRecovery(hardState: state, entries: expected))
        #expect(again.contents.clusterID == cluster)
    }

    @Test("Old segments go when a snapshot covers them; the hard state stays")
    func removal() throws {
        let directory = try TemporaryDirectory()
        let state = HardState(term: Term(7), votedFor: node)
        let bench = try Bench(directory.data, segmentBytes: 4096)
        try bench.write(WriteBatch(hardState: state), sequence: 1)
        try bench.write(1...200, term: 7)
        let before = try segmentNames(directory.data)
        for index in [50, 100, 150] as [UInt64] {
            bench.storage.saveSnapshot(snapshot(at: index, term: 7), keepingTrailing: 20) { [1, 2, UInt8(index)] }
            try bench.reports.saved(index)
        }
        try bench.write(201...202, term: 7)
        bench.storage.close()
        let after = try segmentNames(directory.data)
        #expect(after.count < before.count)
        #expect(before.suffix(after.count) == after[...])
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(directory.data)/raft")
        #expect(names.filter { $0.hasSuffix(".snap") }.count == 2)

        let recovery = try Bench(directory.data).contents
        #expect(recovery.snapshotData == [1, 2, 150])
        #expect(recovery.recovery.snapshot == snapshot(at: 150, term: 7))
        #expect(recovery.recovery.hardState == state)
        let first = try #require(recovery.recovery.entries.first?.index.value)
        #expect(first > 1 && first <= 131)
        #expect(recovery.recovery.entries == entries(first...202, term: 7))
        #expect(recovery.clusterID == cluster)
    }

    @Test("Raft §7: a snapshot from the leader takes the log's place, also when its entries conflict",
        arguments: [UInt64(3), 100])
    func installedSnapshot(index: UInt64) throws {
        let directory = try TemporaryDirectory()
        let bench = try Bench(directory.data)
        try bench.write(1...5)
        bench.storage.saveSnapshot(snapshot(at: index, term: 9), keepingTrailing: 1000) { [9] }
        try bench.write(index + 1...index + 2, term: 9)
        bench.storage.close()
        let contents = try Bench(directory.data).contents
        #expect(contents.recovery.snapshot == snapshot(at: index, term: 9))
        #expect(contents.recovery.entries == entries(index + 1...index + 2, term: 9))
    }

    @Test("A crash between the installed snapshot and the next entry leaves nothing of the old log")
    func crashAfterInstalledSnapshot() throws {
        let directory = try TemporaryDirectory()
        let bench = try Bench(directory.data)
        try bench.write(1...5)
        bench.storage.close()
        let owner = FileIdentity(datacenter: "dc1", nodeID: node)
        let file = SnapshotWriter.encode(snapshot(at: 3, term: 9), data: [9], identity: owner)
        let name = "snapshot-00000000000000000009-00000000000000000003.snap"
        try Data(file).write(to: URL(fileURLWithPath: "\(directory.data)/raft/\(name)"))
        let second = try Bench(directory.data)
        #expect(second.contents.recovery.entries.isEmpty)
        try second.write(4...4, term: 9)
        second.storage.close()
        #expect(try Bench(directory.data).contents.recovery.entries == entries(4...4, term: 9))
    }

    @Test func anEntryAfterAGapStopsTheLog() throws {
        let directory = try TemporaryDirectory()
        let bench = try Bench(directory.data)
        try bench.write(1...2)
        bench.storage.submit(WriteBatch(entries: [entry(9)]), sequence: 9)
        let failure = try bench.reports.first("failure") { report in
            if case .persistFailed(let failure) = report { failure } else { nil }
        }
        guard case .failed(let reason) = failure else { return #expect(failure != .full) }
        #expect(reason.contains("entry 9 after entry 2"))
        bench.storage.close()
        #expect(try Bench(directory.data).contents.recovery.entries == entries(1...2))
    }

    @Test("Waiting batches share a sync, and all are found again")
    func coalescing() throws {
        let directory = try TemporaryDirectory()
        let bench = try Bench(directory.data, segmentBytes: 1 << 20)
        for index in 1...2000 as ClosedRange<UInt64> {
            bench.storage.submit(WriteBatch(entries: [entry(index, bytes: 8)]), sequence: index)
        }
        try bench.reports.persisted(through: 2000)
        bench.storage.close()
        let syncCount = bench.reports.all.count
        print("2000 batches took \(syncCount) syncs")
        #expect(syncCount < 2000)
        #expect(try Bench(directory.data).contents.recovery.entries == entries(1...2000, bytes: 8))
    }

    @Test("One batch of 1 KiB, one sync: the time is reported, not judged")
    func latency() throws {
        let directory = try TemporaryDirectory()
        let bench = try Bench(directory.data, segmentBytes: 16 << 20)
        let clock = ContinuousClock()
        var times: [Duration] = []
        for index in 1...300 as ClosedRange<UInt64> {
            let batch = WriteBatch(entries: [entry(index, bytes: 1024)])
            times.append(try clock.measure { try bench.write(batch, sequence: index) })
        }
        times.sort()
        print("1 KiB batch: p50 \(times[150]), p90 \(times[270]), slowest \(times[299])")
        bench.storage.close()
        let opening = try clock.measure { try Bench(directory.data).storage.close() }
        print("opening a segment of 16 MiB: \(opening)")
    }
}
