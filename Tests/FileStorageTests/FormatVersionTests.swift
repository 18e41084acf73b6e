import FederationModel
import FileStorage
import Foundation
import RaftCore
import StorageFormat
import Testing

/// `Tests/Formats/v<N>/data` was written by a build of format version N. Every later build opens all of them.
@Suite struct FormatVersionTests {
    private static let formats = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Formats").path

    /// What each of them holds.
    private func write(to data: String) throws {
        let bench = try Bench(data, segmentBytes: 1024)
        try bench.write(WriteBatch(hardState: HardState(term: Term(2), votedFor: node)), sequence: 1)
        bench.storage.learn(cluster)
        try bench.write(WriteBatch(entries: entries(1...4)), sequence: 2)
        try bench.write(WriteBatch(entries: entries(5...12, term: 2)), sequence: 3)
        try bench.write(WriteBatch(truncateFrom: LogIndex(12), entries: entries(12...13, term: 3)), sequence: 4)
        bench.storage.saveSnapshot(snapshot(at: 6, term: 2), keepingTrailing: 3) { Array("state".utf8) }
        try bench.reports.saved(6)
        bench.storage.appendFile("serf/local.snapshot", Array("alive: s2 127.0.0.1:8301\n".utf8))
        bench.storage.close()
        try FileManager.default.removeItem(atPath: "\(data)/isthmus.lock")
    }

    @Test("A data directory of each version opens", arguments: [1])
    func opens(version: Int) throws {
        let original = "\(Self.formats)/v\(version)/data"
        if ProcessInfo.processInfo.environment["ISTHMUS_WRITE_FORMAT"] == "\(version)" {
            try? FileManager.default.removeItem(atPath: original)
            try write(to: original)
        }
        let directory = try TemporaryDirectory()
        try FileManager.default.copyItem(atPath: original, toPath: directory.data)
        let bench = try Bench(directory.data, nodeID: nil)
        let contents = bench.contents
        #expect(contents.nodeID == node)
        #expect(contents.clusterID == cluster)
        #expect(contents.recovery.hardState == HardState(term: Term(2), votedFor: node))
        #expect(contents.recovery.snapshot == snapshot(at: 6, term: 2))
        #expect(contents.snapshotData == Array("state".utf8))
        let first = try #require(contents.recovery.entries.first?.index.value)
        let all = entries(1...4) + entries(5...11, term: 2) + entries(12...13, term: 3)
        #expect(contents.recovery.entries == Array(all[(Int(first) - 1)...]))
        #expect(contents.tornFile == nil)
        #expect(try bench.storage.readFile("serf/local.snapshot")?.isEmpty == false)
        try bench.write(14...14, term: 3)
        bench.storage.close()
        #expect(try Bench(directory.data).contents.recovery.entries.last == entry(14, term: 3))
    }

    @Test func thisBuildsVersionIsCommitted() {
        #expect(FileManager.default.fileExists(atPath: "\(Self.formats)/v\(FileHeader.formatVersion)/data/raft"))
    }
}
