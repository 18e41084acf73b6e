import CatalogCore
import FederationModel
import Testing

extension Bench {
    /// Through the leader's preparation, as a client's request goes.
    @discardableResult mutating func write(_ request: Request) -> String? {
        do {
            guard let command = try Command(preparing: request) else { return "no write" }
            return apply(try Command(decoding: command.encode())).error
        } catch let error as FederationError {
            return error.message
        } catch {
            return "\(error)"
        }
    }

    @discardableResult mutating func register(
        _ node: String, address: String = "192.0.2.1", id: String = "", meta: [String: String]? = nil,
        service: NodeService? = nil, checks: [HealthCheck]? = nil, skipNodeUpdate: Bool = false
    ) -> String? {
        write(
            .catalogRegister(
                RegisterRequest(
                    datacenter: "dc1", id: id, node: node, address: address, nodeMeta: meta, service: service,
                    checks: checks, skipNodeUpdate: skipNodeUpdate)))
    }

    @discardableResult mutating func deregister(_ node: String, service: String = "", check: String = "") -> String? {
        write(.catalogDeregister(DeregisterRequest(datacenter: "dc1", node: node, serviceID: service, checkID: check)))
    }

    func answer(_ request: Request) -> (response: Response, index: UInt64, watch: WatchKey) {
        guard let answer = catalog.answer(request, datacenter: "dc1") else { return (.empty, 0, .nodes) }
        #expect(answer.response.meta?.index == answer.index)
        return answer
    }

    func index(_ request: Request) -> UInt64 { answer(request).index }

    func nodes(_ filters: [String: String]? = nil, near: String = "") -> [Node]? {
        let source = QuerySource(datacenter: "dc1", node: near)
        let request = DCSpecificRequest(nodeMetaFilters: filters, source: source)
        guard case .nodes(let body) = answer(.catalogListNodes(request)).response else { return nil }
        return body.nodes
    }

    func node(_ name: String) -> NodeServices? {
        let request = NodeSpecificRequest(node: name)
        guard case .nodeServices(let body) = answer(.catalogNodeServices(request)).response else { return nil }
        return body.nodeServices
    }

    func instances(_ name: String, tags: [String] = [], near: String = "") -> [ServiceNode]? {
        let request = ServiceSpecificRequest(
            serviceName: name, serviceTags: tags, tagFilter: !tags.isEmpty,
            source: QuerySource(datacenter: "dc1", node: near))
        guard case .serviceNodes(let body) = answer(.catalogServiceNodes(request)).response else { return nil }
        return body.serviceNodes
    }

    func health(_ name: String) -> [CheckServiceNode]? {
        let request = ServiceSpecificRequest(serviceName: name)
        guard case .checkServiceNodes(let body) = answer(.healthServiceNodes(request)).response else { return nil }
        return body.nodes
    }

    func checks(_ request: Request) -> [HealthCheck]? {
        guard case .healthChecks(let body) = answer(request).response else { return nil }
        return body.healthChecks
    }

    func state(_ state: String, _ filters: [String: String]? = nil) -> [HealthCheck]? {
        checks(.healthChecksInState(ChecksInStateRequest(nodeMetaFilters: filters, state: state)))
    }

    func services(_ filters: [String: String]? = nil) -> [String: [String]]? {
        let request = DCSpecificRequest(nodeMetaFilters: filters)
        guard case .services(let body) = answer(.catalogListServices(request)).response else { return nil }
        return body.services
    }
}

private let first = "40e4a748-2192-161a-0510-9bf59fe950b5"
private let second = "50e4a748-2192-161a-0510-9bf59fe950b5"
private let third = "60e4a748-2192-161a-0510-9bf59fe950b5"

@Suite struct RegistrationTests {
    @Test(arguments: [
        (RegisterRequest(), "Must provide node"),
        (RegisterRequest(node: "n"), "Must provide address if SkipNodeUpdate is not set"),
        (RegisterRequest(id: "bogus", node: "n", address: "a"), "Bad node ID: uuid string is wrong length"),
        (
            RegisterRequest(node: "n", address: "a", service: NodeService(id: "x")),
            "Must provide service name with ID"
        ),
        (
            RegisterRequest(node: "n", address: "a", service: NodeService(port: 3)),
            "failed inserting service: failed inserting service: object missing primary index"
        ),
        (
            RegisterRequest(node: "n", address: "a", service: NodeService(service: "s", address: "0.0.0.0")),
            "Invalid service address"
        ),
        (
            RegisterRequest(node: "n", address: "a", service: NodeService(kind: "connect-proxy", service: "s")),
            "2 errors occurred:\n\t* Proxy.DestinationServiceName must be non-empty for Connect proxy services\n"
                + "\t* Port must be set for a Connect proxy\n\n"
        ),
        (
            RegisterRequest(node: "n", address: "a", check: HealthCheck(name: "c", serviceID: "missing")),
            "failed inserting check: Missing service registration on node \"n\""
        ),
        (
            RegisterRequest(node: "n", address: "a", check: HealthCheck(node: "other", name: "c")),
            "check node \"other\" does not match node \"n\""
        ),
        (
            RegisterRequest(node: "n", address: "a", check: HealthCheck()),
            "failed inserting check: failed inserting check: object missing primary index on node \"n\""
        ),
    ])
    func refusalsChangeNothing(request: RegisterRequest, error: String) {
        var bench = Bench()
        #expect(bench.write(.catalogRegister(request)) == error)
        #expect(bench.nodes() == nil)
        #expect(bench.touched() == [])
    }

    @Test func deregistrationNeedsANodeAndNothingElse() {
        var bench = Bench()
        #expect(bench.write(.catalogDeregister(DeregisterRequest())) == "Must provide node")
        #expect(bench.deregister("none") == nil)
        #expect(bench.deregister("none", service: "x") == nil)
        #expect(bench.deregister("none", check: "x") == nil)
        #expect(bench.touched() == [])
    }

    @Test func nodesAreFoundWhateverTheCase() {
        var bench = Bench()
        bench.register("Node-A", service: NodeService(id: "W1", service: "Web"))
        #expect(bench.node("nODE-a")?.node?.node == "Node-A")
        #expect(bench.instances("wEB")?.first?.serviceID == "W1")
        bench.register("node-a")
        #expect(bench.nodes()?.map(\.node) == ["node-a"])
        #expect(bench.nodes()?.first?.raftIndex == RaftIndex(createIndex: 10, modifyIndex: 11))
    }

    @Test func aNodeIDUnderAnotherNameRenames() {
        var bench = Bench()
        let serf = HealthCheck(checkID: "serfHealth", status: "passing")
        bench.register("a", id: first, service: NodeService(service: "s"), checks: [serf])
        bench.register("b", id: first)
        #expect(bench.nodes()?.map(\.node) == ["b"])
        #expect(bench.nodes()?.first?.raftIndex == RaftIndex(createIndex: 10, modifyIndex: 11))
        #expect(bench.instances("s") == nil)
        #expect(bench.state("passing") == nil)
        // Only the case differs: the same node.
        bench.register("B", id: first)
        #expect(bench.nodes()?.map(\.node) == ["B"])
    }

    @Test func aLivingNodeKeepsItsName() {
        var bench = Bench()
        let serf = HealthCheck(checkID: "serfHealth", status: "passing")
        bench.register("a", id: first, checks: [serf])
        #expect(
            bench.register("a", id: second)
                == "failed inserting node: Error while renaming Node ID: \"\(second)\": Node name a is reserved by "
                + "node \(first) with name a (192.0.2.1)")
        bench.register("b", id: second)
        #expect(
            bench.register("a", id: second)
                == "failed inserting node: Error while renaming Node ID: \"\(second)\" (192.0.2.1): Node name a is "
                + "reserved by node \(first) with name a (192.0.2.1)")
        bench.register("a", id: first, checks: [HealthCheck(checkID: "serfHealth", status: "critical")])
        #expect(bench.register("a", id: third) == nil)
        #expect(bench.node("a")?.node?.id == third)
        // The first ID is free again.
        #expect(bench.register("c", id: first) == nil)
        #expect(bench.nodes()?.map(\.id) == [third, second, first])
        // A name held without an ID may be given one.
        bench.register("d", checks: [serf])
        #expect(bench.register("d", id: "70e4a748-2192-161a-0510-9bf59fe950b5") == nil)
    }

    @Test func unchangedRegistrationMovesNothing() {
        var bench = Bench()
        let service = NodeService(id: "q1", service: "q", tags: ["t"])
        let check = HealthCheck(checkID: "c", name: "c", status: "passing", serviceID: "q1")
        bench.register("n", meta: ["a": "b"], service: service, checks: [check])
        let before = bench.catalog.snapshot()
        _ = bench.touched()
        let index = bench.index
        bench.register("n", meta: ["a": "b"], service: service, checks: [check])
        #expect(bench.touched() == [])
        #expect(bench.index(.healthServiceNodes(ServiceSpecificRequest(serviceName: "q"))) == index)
        #expect(bench.index(.healthNodeChecks(NodeSpecificRequest(node: "n"))) == index)
        bench.catalog.appliedIndex = index
        #expect(bench.catalog.snapshot() == before)
    }

    @Test func checksInheritTheirService() {
        var bench = Bench()
        bench.register(
            "n", service: NodeService(id: "g1", service: "g", tags: ["x"]),
            checks: [
                HealthCheck(name: "node", status: "passing"), HealthCheck(checkID: "s", name: "svc", serviceID: "G1"),
            ])
        let rows = bench.health("g")
        #expect(rows?.count == 1)
        #expect(rows?.first?.checks?.map(\.checkID) == ["node", "s"])
        #expect(rows?.first?.checks?.last?.serviceName == "g")
        #expect(rows?.first?.checks?.last?.serviceTags == ["x"])
        #expect(rows?.first?.checks?.last?.status == "critical")
        #expect(bench.checks(.healthServiceChecks(ServiceSpecificRequest(serviceName: "G")))?.map(\.checkID) == ["s"])
        #expect(bench.state("critical")?.map(\.checkID) == ["s"])
        #expect(bench.state("any")?.map(\.checkID) == ["node", "s"])
        #expect(bench.state("CRITICAL") == nil)
        bench.register("n", checks: [HealthCheck(checkID: "s", status: "warning", serviceID: "g1")])
        #expect(bench.state("critical") == nil)
        #expect(bench.state("warning")?.map(\.checkID) == ["s"])
    }

    @Test func removalCascades() {
        var bench = Bench()
        for name in ["a", "b"] {
            bench.register(
                name, service: NodeService(id: "w", service: "web"),
                checks: [HealthCheck(name: "n"), HealthCheck(name: "s", serviceID: "w")])
            bench.register(name, service: NodeService(id: "d", service: "db"))
        }
        let coordinate = SerfCoordinate(vec: [Double](repeating: 0, count: 8), error: 1, height: 0.1)
        bench.apply(.coordinateBatch(["a", "x"].map { Coordinate(node: $0, coord: coordinate) }))
        #expect(bench.catalog.answer(.coordinateListNodes(DCSpecificRequest()), datacenter: "dc1")?.response.count == 1)
        bench.deregister("a", check: "s")
        #expect(bench.health("web")?.map { $0.checks?.count } == [1, 2])
        bench.deregister("b", service: "w")
        #expect(bench.state("any")?.map { $0.node + $0.checkID } == ["an", "bn"])
        #expect(bench.instances("web")?.map(\.node) == ["a"])
        bench.deregister("A")
        #expect(bench.instances("web") == nil)
        #expect(bench.services() == ["db": []])
        #expect(bench.node("a") == nil)
        #expect(bench.catalog.answer(.coordinateListNodes(DCSpecificRequest()), datacenter: "dc1")?.response.count == 0)
        bench.deregister("b")
        var empty = Catalog()
        _ = empty.apply(.deregister(DeregisterRequest()), at: 1)
        #expect(bench.services() == [:])
        #expect(bench.state("any") == nil)
        #expect(bench.nodes() == nil)
    }

    @Test func aServiceMayChangeItsName() {
        var bench = Bench()
        bench.register("n", service: NodeService(id: "q", service: "old", tags: ["t"]))
        bench.register("n", service: NodeService(id: "q", service: "new", tags: ["u", "t"]))
        #expect(bench.services() == ["new": ["t", "u"]])
        #expect(bench.instances("old") == nil)
        #expect(bench.index(.catalogServiceNodes(ServiceSpecificRequest(serviceName: "old"))) == 11)
        #expect(bench.instances("new")?.first?.raftIndex == RaftIndex(createIndex: 10, modifyIndex: 11))
    }
}

extension Response {
    fileprivate var count: Int {
        if case .coordinates(let body) = self { body.coordinates?.count ?? 0 } else { -1 }
    }
}
