import FederationModel
import FileStorage
import Foundation
import RaftCore
import StorageFormat
import Testing

@Suite struct OpeningTests {
    /// A closed directory with six entries in two segments and a snapshot.
    private func filled() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        for part in [1...3, 4...6] as [ClosedRange<UInt64>] {
            let bench = try Bench(directory.data, segmentBytes: 2048)
            for index in part { try bench.write(index...index, bytes: 400) }
            bench.storage.saveSnapshot(snapshot(at: 2), keepingTrailing: 100) { [1, 2, 3] }
            try bench.reports.saved(2)
            bench.storage.close()
        }
        return directory
    }

    private func refusal(_ directory: String, datacenter: String = "dc1", nodeID: NodeID? = node) throws -> StorageError
    {
        let before = try picture(directory)
        let error = try #require(throws: StorageError.self) {
            try Bench(directory, datacenter: datacenter, nodeID: nodeID)
        }
        #expect(try picture(directory) == before, "a refused start changed the directory")
        print("refused: \(error)")
        #expect(!error.description.contains("\n"))
        return error
    }

    @Test func anotherNodesDirectoryIsRefused() throws {
        let directory = try filled()
        let other = NodeID(high: 1, low: 2)
        let path = "\(directory.data)/node-id"
        #expect(try refusal(directory.data, nodeID: other) == .otherNode(file: path, found: node, expected: other))
        try edit(path) { $0 = Array("\(other)\n".utf8) }
        guard case .otherNode(_, node, other) = try refusal(directory.data, nodeID: nil) else {
            Issue.record("the log's node was not compared")
            return
        }
        try edit(path) { $0 = Array("me".utf8) }
        guard case .unreadable = try refusal(directory.data, nodeID: nil) else {
            Issue.record("a damaged node-id was not noticed")
            return
        }
    }

    @Test func anotherDatacentersDirectoryIsRefused() throws {
        let directory = try filled()
        guard case .otherDatacenter(_, "dc1", "dc2") = try refusal(directory.data, datacenter: "dc2") else {
            Issue.record("another error")
            return
        }
    }

    @Test func aLockedDirectoryIsRefusedWithTheHoldersProcess() throws {
        let directory = try filled()
        let holder = try Bench(directory.data)
        let own = ProcessInfo.processInfo.processIdentifier
        #expect(try refusal(directory.data) == .locked(directory: directory.data, processID: own))
        holder.storage.close()
        #expect(FileManager.default.contents(atPath: "\(directory.data)/isthmus.lock")?.isEmpty == true)
    }

    @Test("The lock holds against other processes too, and ends with close")
    func lockBetweenProcesses() throws {
        let directory = try filled()
        let holder = try Bench(directory.data)
        func lockElsewhere() throws -> Int32 {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["flock", "--nonblock", "\(directory.data)/isthmus.lock", "true"]
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            return process.terminationStatus
        }
        let refused = try lockElsewhere()
        guard refused != 127 else {
            print("skipped: there is no flock command here")
            return
        }
        #expect(refused == 1)
        holder.storage.close()
        #expect(try lockElsewhere() == 0)
    }

    @Test func aNewerFormatIsRefused() throws {
        let directory = try filled()
        for name in try segmentNames(directory.data) {
            try edit("\(directory.data)/raft/\(name)") { $0[8] = 2 }
        }
        guard case .newerFormat(_, 2, 1) = try refusal(directory.data) else {
            Issue.record("another error")
            return
        }
    }

    @Test("A flipped byte in the middle is refused with its record", arguments: [0, 1])
    func corruption(segment: Int) throws {
        let directory = try filled()
        let name = try segmentNames(directory.data)[segment]
        try edit("\(directory.data)/raft/\(name)") { bytes in bytes[140] ^= 4 }
        guard case .corrupted(name, let record, _, _) = try refusal(directory.data) else {
            Issue.record("another error")
            return
        }
        #expect(record.hasPrefix("record 2"))
    }

    @Test func aMissingSegmentIsRefused() throws {
        let directory = try TemporaryDirectory()
        let bench = try Bench(directory.data, segmentBytes: 1024)
        for index in 1...8 as ClosedRange<UInt64> { try bench.write(index...index, bytes: 400) }
        bench.storage.close()
        let names = try segmentNames(directory.data)
        try FileManager.default.removeItem(atPath: "\(directory.data)/raft/\(names[1])")
        guard case .missing(names[2], _) = try refusal(directory.data) else {
            Issue.record("another error")
            return
        }
        try FileManager.default.removeItem(atPath: "\(directory.data)/raft/\(names[0])")
        guard case .missing = try refusal(directory.data) else {
            Issue.record("another error")
            return
        }
    }

    @Test("A torn tail is cut, and what is written over it is found again")
    func tornTail() throws {
        let directory = try filled()
        let name = try #require(try segmentNames(directory.data).last)
        let path = "\(directory.data)/raft/\(name)"
        let end = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))).endOfData()
        try edit(path) { bytes in
            bytes[end - 300] ^= 1
            bytes.replaceSubrange(end..<end + 64, with: (0..<64).map { _ in 0xAB })
        }
        let bench = try Bench(directory.data)
        #expect(bench.contents.tornFile == name)
        #expect(bench.contents.recovery.entries == entries(1...5, bytes: 400))
        try bench.write(6...8, term: 2, bytes: 10)
        bench.storage.close()
        let again = try Bench(directory.data)
        #expect(again.contents.tornFile == nil)
        #expect(again.contents.recovery.entries == entries(1...5, bytes: 400) + entries(6...8, term: 2, bytes: 10))
    }

    @Test("A damaged newest snapshot is replaced by the one before it only when the log holds what it stood for")
    func damagedSnapshot() throws {
        let directory = try filled()
        let bench = try Bench(directory.data)
        bench.storage.saveSnapshot(snapshot(at: 5), keepingTrailing: 100) { [5] }
        try bench.reports.saved(5)
        bench.storage.close()
        let name = "snapshot-00000000000000000001-00000000000000000005.snap"
        let path = "\(directory.data)/raft/\(name)"
        try edit(path) { $0[100] ^= 1 }
        let again = try Bench(directory.data)
        #expect(again.contents.recovery.snapshot == snapshot(at: 2))
        #expect(again.contents.recovery.entries == entries(1...6, bytes: 400))
        #expect(again.contents.notes.count == 1)
        again.storage.close()
        let beyond = "\(directory.data)/raft/snapshot-00000000000000000001-00000000000000000009.snap"
        try FileManager.default.moveItem(atPath: path, toPath: beyond)
        guard case .corrupted = try refusal(directory.data) else {
            Issue.record("another error")
            return
        }
    }

    @Test func leftoversOfACrashAreRemoved() throws {
        let directory = try filled()
        let names = try segmentNames(directory.data)
        let leftover = "\(directory.data)/raft/log-00000000000000000007-00000009.seg.tmp"
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: leftover))
        let empty = "\(directory.data)/raft/log-00000000000000000007-00000003.seg"
        try Data(count: 512).write(to: URL(fileURLWithPath: empty))
        let bench = try Bench(directory.data)
        #expect(bench.contents.recovery.entries == entries(1...6, bytes: 400))
        #expect(!FileManager.default.fileExists(atPath: leftover))
        try bench.write(7...7)
        bench.storage.close()
        #expect(try segmentNames(directory.data) == names)
        #expect(try Bench(directory.data).contents.recovery.entries.count == 7)
    }

    @Test func aDirectoryThatCannotBeMadeIsRefused() throws {
        let directory = try TemporaryDirectory()
        try Data().write(to: URL(fileURLWithPath: directory.data))
        #expect(throws: StorageError.self) { try Bench("\(directory.data)/below") }
        let long = String(repeating: "d", count: 256)
        #expect(throws: StorageError.self) { try Bench(directory.path + "/x", datacenter: long) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["data"])
    }

    @Test func aClientAgentKeepsNoLog() throws {
        let directory = try TemporaryDirectory()
        var options = StorageOptions()
        options.hasLog = false
        let (storage, contents) = try Storage.open(
            directory: directory.data, datacenter: "dc1", nodeID: node, options: options, report: { _ in })
        storage.saveFile("services/web", [1])
        storage.close()
        #expect(contents.recovery == RaftRecovery())
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.data).sorted()
        #expect(names == ["isthmus.lock", "node-id", "services"])
    }
}
