import CatalogCore
import FederationModel
import Testing

@Suite struct TransactionTests {
    private static func kv(_ verb: String, _ key: ByteString, _ value: ByteString? = nil, index: UInt64 = 0) -> TxnOp {
        let entry = DirEntry(key: key, value: value, raftIndex: RaftIndex(modifyIndex: index))
        return TxnOp(kv: TxnKVOp(verb: verb, dirEnt: entry))
    }

    private func errors(_ operations: [TxnOp]) -> [String] {
        var bench = Bench()
        bench.key("set", "a", "1")
        let before = bench.catalog.snapshot()
        let result = bench.apply(.txn(operations)).txn
        if result?.errors != nil {
            #expect(result?.results == nil)
            var untouched = bench
            untouched.catalog.appliedIndex -= 1
            #expect(untouched.catalog.snapshot().count == before.count)
            #expect(bench.get("new").entry == nil, "nothing of a refused transaction is kept")
        }
        return (result?.errors ?? []).map(\.what)
    }

    @Test func everyRefusalIsToldAndNothingIsKept() {
        #expect(
            errors([
                Self.kv("set", "new", "x"), Self.kv("get", "none"), Self.kv("check-index", "a", index: 3),
                Self.kv("cas", "a", "y", index: 3), Self.kv("delete-cas", "a", index: 3),
                Self.kv("check-not-exists", "a"), Self.kv("bogus", "a"), Self.kv("check-session", "none"),
                TxnOp(node: TxnNodeOp(verb: "get", node: Node(node: "x"))),
                TxnOp(service: TxnServiceOp(verb: "set", node: "x", service: NodeService(id: "s", service: "s"))),
                TxnOp(check: TxnCheckOp(verb: "delete-cas", check: HealthCheck(node: "x", checkID: "c"))),
            ]) == [
                "key \"none\" doesn't exist", "failed index check for key \"a\", current modify index 10 != 3",
                "failed to set key \"a\", index is stale", "failed to delete key \"a\", index is stale",
                "key \"a\" exists", "unknown KV verb \"bogus\"",
                "failed to check session, key \"none\" doesn't exist", "node \"x\" doesn't exist",
                "Missing node registration", "failed to delete check \"c\" on node \"x\", index is stale",
            ])
    }

    @Test func laterOperationsSeeEarlierOnes() {
        var bench = Bench()
        let operations = [
            Self.kv("set", "k/a", "1"), Self.kv("set", "k/b", "2"), Self.kv("get-tree", "k/"),
            Self.kv("delete", "k/a"),
            TxnOp(node: TxnNodeOp(verb: "set", node: Node(node: "n", address: "192.0.2.1"))),
            TxnOp(service: TxnServiceOp(verb: "set", node: "n", service: NodeService(id: "s", service: "s"))),
            TxnOp(
                check: TxnCheckOp(
                    verb: "set", check: HealthCheck(node: "n", checkID: "c", status: "passing", serviceID: "s"))),
        ]
        let results = bench.apply(.txn(operations)).txn?.results ?? []
        #expect(results.compactMap { $0.kv?.value?.text } == ["1", "2"], "only what was read shows its value")
        #expect(results.count == 7)
        #expect(results.last?.check?.serviceName == "s")
        #expect(bench.get("k/a").entry == nil && bench.get("k/b").entry?.raftIndex.modifyIndex == 10)
        #expect(bench.instances("s")?.count == 1)
        let read = TxnReadRequest(ops: [Self.kv("get", "k/b"), Self.kv("set", "k/c", "3")])
        guard case .txnRead(let answer)? = bench.catalog.answer(.txnRead(read), datacenter: "dc1")?.response
        else { return #expect(Bool(false)) }
        #expect(answer.results?.count == 2)
        #expect(bench.get("k/c").entry == nil, "a read changes nothing, whatever it holds")
    }

    @Test("What is checked before anything runs", arguments: [
        (TxnOp(kv: TxnKVOp(verb: "get")), "Must provide key"),
        (TxnOp(kv: TxnKVOp(verb: "lock", dirEnt: DirEntry(key: "late"))),
            "failed to lock key \"late\" due to lock delay"),
        (TxnOp(node: TxnNodeOp(verb: "set")), "Must provide node"),
        (TxnOp(node: TxnNodeOp(verb: "set", node: Node(id: "zz", node: "n"))),
            "Bad node ID: uuid string is wrong length"),
        (TxnOp(service: TxnServiceOp(verb: "cas", service: NodeService(id: "s"))),
            "Must provide service name with ID"),
        (TxnOp(session: .map([])), "operations on intentions and sessions are not served in transactions"),
    ])
    func checks(operation: TxnOp, problem: String) {
        let check = TransactionCheck([operation], datacenter: "dc1") { $0 == "late" }
        #expect(check.errors == [TxnError(opIndex: 0, what: problem)])
    }
}
