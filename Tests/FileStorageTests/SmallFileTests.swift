import FederationModel
import FileStorage
import Foundation
import RaftCore
import StorageFormat
import Testing

@Suite struct SmallFileTests {
    @Test func filesAreReplacedAndAppended() throws {
        let directory = try TemporaryDirectory()
        let bench = try Bench(directory.data)
        #expect(try bench.storage.readFile("serf/local.snapshot") == nil)
        bench.storage.appendFile("serf/local.snapshot", [1, 2])
        bench.storage.appendFile("serf/local.snapshot", [3])
        bench.storage.saveFile("checks-state", [7])
        bench.storage.saveFile("checks-state", [8, 9])
        bench.storage.saveFile("raft/commit", [4])
        bench.storage.close()
        #expect(bench.reports.all.isEmpty)
        let again = try Bench(directory.data)
        #expect(try again.storage.readFile("serf/local.snapshot") == [1, 2, 3])
        #expect(try again.storage.readFile("checks-state") == [8, 9])
        #expect(try again.storage.readFile("raft/commit") == [4])
        let mode = try FileManager.default.attributesOfItem(atPath: "\(directory.data)/checks-state")
        #expect(mode[.posixPermissions] as? Int == 0o600)
    }

    @Test("A file that changes faster than the disk writes it waits once, and its newest content is written")
    func replacedWhileItWaits() throws {
        let directory = try TemporaryDirectory()
        let bench = try Bench(directory.data)
        // More in all than may wait.
        for round in 0..<200 {
            bench.storage.saveFile("checks-state", [UInt8](repeating: UInt8(round), count: 1 << 20))
            bench.storage.saveFile("raft/commit", [UInt8(round)])
        }
        bench.storage.close()
        #expect(bench.reports.all.isEmpty)
        let again = try Bench(directory.data)
        #expect(try again.storage.readFile("checks-state") == [UInt8](repeating: 199, count: 1 << 20))
        #expect(try again.storage.readFile("raft/commit") == [199])
    }

    @Test("Names that leave the directory or are the storage's own are refused",
        arguments: [
            "", "/etc/x", "../x", "a/../../x", "a//b", "./x", "a/", "raft/x", "node-id", "isthmus.lock", "x.tmp",
            "a\0b",
        ])
    func names(name: String) throws {
        let directory = try TemporaryDirectory()
        let bench = try Bench(directory.data)
        let before = try picture(directory.data)
        #expect(throws: StorageError.self) { try bench.storage.readFile(name) }
        bench.storage.saveFile(name, [1])
        bench.storage.appendFile(name, [1])
        bench.storage.retirePeersFile()
        #expect(bench.reports.all.count == 2)
        #expect(try picture(directory.data) == before)
    }

    @Test func aPeersFileIsReadAndRetired() throws {
        let directory = try TemporaryDirectory()
        try Bench(directory.data).storage.close()
        let path = "\(directory.data)/raft/peers.json"
        let other = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
        let text = """
            [{"id": "\(node)", "address": "10.1.0.1:8300"},
             {"id": "\(other)", "address": "[::1]:8300", "non_voter": true}]
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let bench = try Bench(directory.data)
        let peers = try #require(bench.contents.recoveredPeers)
        #expect(peers.servers.map(\.endpoint.description) == ["10.1.0.1:8300", "[::1]:8300"])
        #expect(peers.servers.map(\.suffrage) == [.voter, .learner])
        bench.storage.retirePeersFile()
        bench.storage.close()
        #expect(FileManager.default.fileExists(atPath: path + ".used"))
        #expect(try Bench(directory.data).contents.recoveredPeers == nil)
    }

    @Test("A peers file that cannot be used stops the start",
        arguments: [
            "", "{}", "[]", "[{\"id\": \"x\", \"address\": \"10.1.0.1:8300\"}]",
            "[{\"id\": \"\(node)\", \"address\": \"host:8300\"}]",
            "[{\"id\": \"\(node)\", \"address\": \"10.1.0.1:8300\", \"non_voter\": true}]",
            "[{\"id\": \"\(node)\", \"address\": \"10.1.0.1:1\"}, {\"id\": \"\(node)\", \"address\": \"10.1.0.1:2\"}]",
        ])
    func badPeersFile(text: String) throws {
        let directory = try TemporaryDirectory()
        try Bench(directory.data).storage.close()
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory.data)/raft/peers.json"))
        let before = try picture(directory.data)
        let error = #expect(throws: StorageError.self) { try Bench(directory.data) }
        guard case .unreadable("raft/peers.json", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try picture(directory.data) == before)
    }
}
