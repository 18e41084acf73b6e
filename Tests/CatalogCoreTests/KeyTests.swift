import CatalogCore
import Determinism
import FederationModel
import Testing

/// A catalog with a counter as its log.
struct Bench {
    var catalog = Catalog()
    var index: UInt64 = 9

    @discardableResult mutating func apply(_ command: Command) -> ApplyResult {
        index += 1
        return catalog.apply(command, at: index)
    }

    @discardableResult mutating func key(
        _ op: String, _ key: ByteString, _ value: ByteString? = nil, flags: UInt64 = 0, session: String = "",
        cas: UInt64 = 0
    ) -> ApplyResult {
        let entry = DirEntry(
            key: key, flags: flags, value: value, session: session, raftIndex: RaftIndex(modifyIndex: cas))
        return apply(.kvs(KVSRequest(datacenter: "dc1", op: op, dirEnt: entry)))
    }

    func get(_ key: ByteString) -> (entry: DirEntry?, index: UInt64) {
        guard let answer = catalog.answer(.kvsGet(KeyRequest(key: key)), datacenter: "dc1"),
            case .dirEntries(let body) = answer.response
        else { return (nil, 0) }
        return (body.entries?.first, answer.index)
    }

    func list(_ prefix: ByteString) -> (entries: [DirEntry]?, index: UInt64) {
        guard let answer = catalog.answer(.kvsList(KeyRequest(key: prefix)), datacenter: "dc1"),
            case .dirEntries(let body) = answer.response
        else { return (nil, 0) }
        #expect(body.meta.index == answer.index)
        return (body.entries, answer.index)
    }

    func keys(_ prefix: ByteString, _ separator: ByteString = "") -> [ByteString]? {
        let request = KeyListRequest(prefix: prefix, seperator: separator)
        guard let answer = catalog.answer(.kvsListKeys(request), datacenter: "dc1"),
            case .keyList(let body) = answer.response
        else { return nil }
        return body.keys
    }

    mutating func touched() -> [WatchKey] { catalog.takeTouched() }
}

@Suite struct KeyTests {
    @Test func setMovesIndexesAndAnUnchangedSetDoesNot() {
        var bench = Bench()
        #expect(bench.get("a").index == 1)
        #expect(bench.key("set", "a", "x", flags: 42) == ApplyResult())
        #expect(bench.get("a").entry?.raftIndex == RaftIndex(createIndex: 10, modifyIndex: 10))
        bench.key("set", "a", "x", flags: 42)
        #expect(bench.get("a").index == 10)
        bench.key("set", "a", "y", flags: 42)
        #expect(bench.get("a").entry?.raftIndex == RaftIndex(createIndex: 10, modifyIndex: 12))
        bench.key("set", "a", "y")
        #expect(bench.get("a").entry?.flags == 0)
        #expect(bench.get("a").index == 13)
        #expect(bench.touched() == [.key("a")])
        #expect(bench.touched() == [])
    }

    @Test func emptyValuesAreNil() {
        var bench = Bench()
        bench.key("set", "e", "")
        #expect(bench.get("e").entry?.value == nil)
        bench.key("set", "e")
        #expect(bench.get("e").index == 10)
    }

    @Test func compareAndSet() {
        var bench = Bench()
        #expect(bench.key("cas", "a", "1", cas: 5).response == false)
        #expect(bench.key("cas", "a", "1", cas: 0).response == true)
        #expect(bench.key("cas", "a", "2", cas: 0).response == false)
        #expect(bench.key("cas", "a", "2", cas: 11).response == true)
        #expect(bench.key("cas", "a", "3", cas: 11).response == false)
        #expect(bench.get("a").entry?.value == "2")
        #expect(bench.key("delete-cas", "a", cas: 11).response == false)
        #expect(bench.key("delete-cas", "a", cas: 13).response == true)
        #expect(bench.key("delete-cas", "a", cas: 77).response == true)
        #expect(bench.get("a").entry == nil)
    }

    @Test func deletionsAreSeenByListings() {
        var bench = Bench()
        for key in ["a/1", "a/2", "b/1"] as [ByteString] { bench.key("set", key, "v") }
        #expect(bench.list("a/").index == 11)
        #expect(bench.list("b/").index == 12)
        #expect(bench.list("").index == 12)
        bench.key("delete", "a/2")
        #expect(bench.list("a/").index == 13)
        #expect(bench.list("a/").entries?.map(\.key) == ["a/1"])
        #expect(bench.list("b/").index == 12)
        #expect(bench.get("a/2").index == 13)
        bench.key("delete", "a/2")
        #expect(bench.get("nothing").index == 13)
        bench.key("delete-tree", "a/")
        #expect(bench.list("a/").entries == nil)
        #expect(bench.list("a/").index == 15)
        bench.key("delete-tree", "a/")
        #expect(bench.list("a/").index == 15)
        #expect(bench.keys("a/") == nil)
        #expect(bench.keys("b") == ["b/1"])
        #expect(bench.keys("", "/") == ["b/"])
    }

    @Test(arguments: [
        ("", "missing session"),
        ("notauuid", "failed session lookup: index error: UUID must be 36 characters"),
        (
            "zz000000-0000-0000-0000-000000000000",
            "failed session lookup: index error: Invalid UUID: encoding/hex: invalid byte: U+007A 'z'"
        ),
        ("00000000-0000-0000-0000-000000000000", "invalid session \"00000000-0000-0000-0000-000000000000\""),
    ])
    func locksNeedSessions(session: String, error: String) {
        var bench = Bench()
        #expect(bench.key("lock", "a", session: session) == ApplyResult(error: error))
        #expect(bench.get("a").entry == nil)
        let unlocked = bench.key("unlock", "a", session: session)
        #expect(unlocked == (session.isEmpty ? ApplyResult(error: error) : ApplyResult(response: false)))
    }

    @Test func refusals() {
        var bench = Bench()
        #expect(bench.key("put", "a").error == "Invalid KVS operation 'put'")
        #expect(bench.key("set", "").error == "Must provide key")
        let long = ByteString([UInt8](repeating: 1, count: 5000))
        #expect(bench.key("set", long).error == "Key is too long: 5000 bytes, at most 4096")
        #expect(bench.get(long).entry == nil)
        #expect(bench.touched() == [])
    }

    @Test("A naive twin agrees on keys, indexes and order", arguments: [11, 12, 13, 14] as [UInt64])
    func twin(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var bench = Bench()
        var twin: [ByteString: DirEntry] = [:]
        var tableIndex: UInt64 = 0
        for _ in 0..<800 {
            let key = ByteString(
                (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    [97, 98, 47].randomElement(using: &random) ?? 97
                })
            let value: ByteString = Bool.random(using: &random) ? "x" : "y"
            let old = twin[key]
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                bench.key("set", key, value)
                if old?.value != value {
                    twin[key] = DirEntry(
                        key: key, value: value,
                        raftIndex: RaftIndex(
                            createIndex: old?.raftIndex.createIndex ?? bench.index, modifyIndex: bench.index))
                    tableIndex = bench.index
                }
            case 5..<8:
                bench.key("delete", key)
                if twin.removeValue(forKey: key) != nil { tableIndex = bench.index }
            default:
                bench.key("delete-tree", key)
                let gone = twin.keys.filter { $0.hasPrefix(key) }
                for key in gone { twin.removeValue(forKey: key) }
                if !gone.isEmpty { tableIndex = bench.index }
            }
            #expect(bench.get(key).entry == twin[key], "seed \(seed)")
            #expect(bench.get(key).index == max(1, twin[key]?.raftIndex.modifyIndex ?? tableIndex), "seed \(seed)")
            let expected = twin.values.filter { $0.key.hasPrefix(key) }.sorted { $0.key < $1.key }
            #expect(bench.list(key).entries ?? [] == expected, "seed \(seed)")
            #expect(bench.list("").index == max(1, tableIndex), "seed \(seed)")
        }
    }
}
