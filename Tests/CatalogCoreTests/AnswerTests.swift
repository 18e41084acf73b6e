import CatalogCore
import FederationModel
import Testing

@Suite struct AnswerTests {
    private static func service(_ name: String) -> Request {
        .healthServiceNodes(ServiceSpecificRequest(serviceName: name))
    }

    private static func node(_ name: String) -> Request { .catalogNodeServices(NodeSpecificRequest(node: name)) }
    private static func checks(_ name: String) -> Request { .healthNodeChecks(NodeSpecificRequest(node: name)) }
    private static let nodes = Request.catalogListNodes(DCSpecificRequest())
    private static let services = Request.catalogListServices(DCSpecificRequest())
    private static func state(_ state: String) -> Request { .healthChecksInState(ChecksInStateRequest(state: state)) }
    private static func serviceChecks(_ name: String) -> Request {
        .healthServiceChecks(ServiceSpecificRequest(serviceName: name))
    }

    @Test func everyReadOfAnEmptyCatalogHasIndexOne() {
        let bench = Bench()
        let reads: [Request] = [
            Self.nodes, Self.services, Self.node("n"), Self.checks("n"), Self.service("s"), Self.state("any"),
            Self.state("passing"), Self.serviceChecks("s"), .catalogServiceNodes(ServiceSpecificRequest()),
            .catalogNodeServiceList(NodeSpecificRequest()), .coordinateListNodes(DCSpecificRequest()),
            .coordinateNode(NodeSpecificRequest()), .kvsGet(KeyRequest()), .kvsList(KeyRequest()),
            .kvsListKeys(KeyListRequest()),
        ]
        for read in reads {
            #expect(read.kind == .read)
            #expect(bench.answer(read).index == 1, "\(read.method)")
        }
        #expect(bench.services() == [:])
        #expect(bench.nodes() == nil)
        #expect(bench.catalog.answer(.statusPing, datacenter: "dc1") == nil)
    }

    /// Each step: a change, and the reads whose index it moves. Every other read keeps its index, and nobody who
    /// watches one of those wakes.
    @Test func indexesAndWatchesAreAsNarrowAsTheChange() {
        var bench = Bench()
        let check = HealthCheck(checkID: "c", name: "c", status: "passing", serviceID: "q1")
        bench.register("n", service: NodeService(id: "q1", service: "q"), checks: [check])
        bench.register("m", service: NodeService(service: "other"))
        bench.key("set", "k", "v")
        let reads: [(name: String, request: Request)] = [
            ("nodes", Self.nodes), ("services", Self.services), ("node n", Self.node("n")), ("node m", Self.node("m")),
            ("checks n", Self.checks("n")), ("checks m", Self.checks("m")), ("q", Self.service("q")),
            ("other", Self.service("other")), ("none", Self.service("none")), ("any", Self.state("any")),
            ("passing", Self.state("passing")), ("q checks", Self.serviceChecks("q")),
            ("k", .kvsGet(KeyRequest(key: "k"))), ("coordinates", .coordinateListNodes(DCSpecificRequest())),
        ]
        let coordinate = SerfCoordinate(vec: [Double](repeating: 0, count: 8))
        var warning = check
        warning.status = "warning"
        let steps: [(name: String, change: (inout Bench) -> Void, moved: [String])] = [
            ("key", { $0.key("set", "k", "w") }, ["k"]),
            ("another key", { $0.key("set", "kk", "w") }, []),
            (
                "service check", { $0.register("n", checks: [warning]) },
                ["checks n", "q", "any", "passing", "q checks"]
            ),
            (
                "node check", { $0.register("n", checks: [HealthCheck(checkID: "nc", status: "passing")]) },
                ["checks n", "q", "any", "passing"]
            ),
            ("node", { $0.register("n", address: "192.0.2.9") }, ["nodes", "node n", "q"]),
            (
                "service tags",
                { $0.register("n", service: NodeService(id: "q1", service: "q", tags: ["t"]), skipNodeUpdate: true) },
                ["services", "node n", "q"]
            ),
            (
                "a further service", { $0.register("n", service: NodeService(service: "q2"), skipNodeUpdate: true) },
                ["services", "node n"]
            ),
            (
                "coordinates", { $0.apply(.coordinateBatch([Coordinate(node: "n", coord: coordinate)])) },
                ["coordinates"]
            ),
            ("a check goes", { $0.deregister("n", check: "nc") }, ["checks n", "q", "any", "passing"]),
            // The last instance of q: its name and names that never were share the index of the last extinction.
            (
                "a service goes", { $0.deregister("n", service: "q1") },
                ["services", "node n", "checks n", "q", "none", "any", "q checks"]
            ),
        ]
        // Listings of what is left behind a removal show the table's index, which may move alone.
        let loose = ["none", "passing", "q checks"]
        for step in steps {
            var table = WatchTable<String>()
            _ = bench.touched()
            var before: [String: UInt64] = [:]
            for read in reads {
                let answer = bench.answer(read.request)
                before[read.name] = answer.index
                _ = table.add(answer.watch, read.name)
            }
            step.change(&bench)
            let moved = reads.filter { bench.index($0.request) != before[$0.name] }.map(\.name)
            #expect(moved.filter { !loose.contains($0) } == step.moved.filter { !loose.contains($0) }, "\(step.name)")
            for read in reads {
                #expect(bench.index(read.request) >= before[read.name] ?? 0, "\(step.name): \(read.name)")
            }
            let touched = bench.touched()
            let woken = table.takeTouched(by: touched)
            #expect(Set(step.moved).subtracting(["none"]) == Set(woken), "\(step.name)")
        }
    }

    @Test func missingServicesHaveTheIndexOfTheLastExtinction() {
        var bench = Bench()
        bench.register("n", service: NodeService(service: "a"))
        #expect(bench.index(Self.service("none")) == 10)
        bench.register("m")
        #expect(bench.index(Self.service("none")) == 11)
        bench.deregister("n", service: "a")
        bench.register("o")
        #expect(bench.index(Self.service("none")) == 12)
        #expect(bench.index(Self.service("a")) == 12)
        bench.register("n", service: NodeService(service: "a"))
        #expect(bench.index(Self.service("a")) == 14)
    }

    @Test func listsAreSortedAndFiltered() {
        var bench = Bench()
        let both = NodeService(id: "p1", service: "pool", tags: ["x", "y"], port: 3)
        bench.register("b", meta: ["z": "1"], service: both)
        bench.register("a", service: NodeService(id: "p2", service: "pool", tags: ["y"], port: 2))
        bench.register("a", service: NodeService(id: "p1", service: "pool", tags: ["x"], port: 1))
        #expect(bench.nodes()?.map(\.node) == ["a", "b"])
        #expect(bench.instances("pool")?.map(\.servicePort) == [1, 2, 3])
        #expect(bench.instances("pool", tags: ["X"])?.map(\.servicePort) == [1, 3])
        #expect(bench.instances("pool", tags: ["x", "y"])?.map(\.servicePort) == [3])
        #expect(bench.instances("pool", tags: ["none"]) == nil)
        #expect(bench.services() == ["pool": ["x", "y"]])
        #expect(bench.services(["z": "1"]) == ["pool": ["x", "y"]])
        #expect(bench.services(["z": "2"]) == [:])
        #expect(bench.nodes(["z": "1"])?.map(\.node) == ["b"])
        #expect(bench.nodes(["z": "2"]) == nil)
        #expect(bench.node("a")?.services?.keys.sorted() == ["p1", "p2"])
        bench.register("a", service: NodeService(id: "p2", service: "pool", tags: ["q"], port: 2), skipNodeUpdate: true)
        #expect(bench.services() == ["pool": ["q", "x", "y"]])
        bench.deregister("b")
        #expect(bench.services() == ["pool": ["q", "x"]])
    }

    @Test func emptyAndMissingAreAsOnConsulsWire() {
        var bench = Bench()
        bench.register("e", service: NodeService(service: "s"))
        let row = bench.instances("s")?.first
        #expect(row?.serviceTags == [])
        #expect(row?.serviceMeta == [:])
        #expect(row?.nodeMeta == nil)
        #expect(row?.serviceTaggedAddresses == nil)
        #expect(row?.serviceWeights == Weights(passing: 1, warning: 1))
        #expect(bench.health("s")?.first?.checks == nil)
        #expect(bench.node("e")?.services?["s"]?.tags == nil)
        bench.register("f")
        #expect(bench.node("f")?.services == [:])
        let request = Request.catalogNodeServiceList(NodeSpecificRequest(node: "f"))
        guard case .nodeServiceList(let list) = bench.answer(request).response
        else { return #expect(Bool(false)) }
        #expect(list.nodeServices.node?.node == "f")
        #expect(list.nodeServices.services == nil)
    }

    @Test func nearSortsByRoundTrip() {
        var bench = Bench()
        for (name, place) in [("n1", 0.5), ("n2", 0.05), ("n3", 0.3)] {
            bench.register(name, service: NodeService(service: "s"))
            let vector = [place] + [Double](repeating: 0, count: 7)
            let coordinate = SerfCoordinate(vec: vector, error: 0.1, height: 0.0001)
            #expect(bench.write(.coordinateUpdate(CoordinateUpdateRequest(node: name, coord: coordinate))) == nil)
        }
        bench.register("n0", service: NodeService(service: "s"))
        #expect(bench.instances("s", near: "n1")?.map(\.node) == ["n1", "n3", "n2", "n0"])
        #expect(bench.instances("s", near: "N2")?.map(\.node) == ["n2", "n3", "n1", "n0"])
        #expect(bench.instances("s", near: "unknown")?.map(\.node) == ["n0", "n1", "n2", "n3"])
        #expect(bench.nodes(near: "n3")?.map(\.node) == ["n3", "n1", "n2", "n0"])
        let short = SerfCoordinate(vec: [0, 0])
        let problem = bench.write(.coordinateUpdate(CoordinateUpdateRequest(node: "n1", coord: short)))
        #expect(problem == "incompatible coordinate")
        let wild = SerfCoordinate(vec: [.nan] + [Double](repeating: 0, count: 7))
        let other = bench.write(.coordinateUpdate(CoordinateUpdateRequest(node: "n1", coord: wild)))
        #expect(other == "invalid coordinate")
    }

    @Test func reverseLookupFindsAddressesOfServices() {
        var bench = Bench()
        bench.register("n", service: NodeService(service: "a", address: "192.0.2.77"))
        let request = ServiceSpecificRequest(serviceAddress: "192.0.2.77")
        guard case .serviceNodes(let body) = bench.answer(.catalogServiceNodes(request)).response else { return }
        #expect(body.serviceNodes?.map(\.serviceName) == ["a"])
        #expect(Catalog.refusal(of: .catalogServiceNodes(request)) == nil)
        #expect(
            Catalog.refusal(of: .catalogServiceNodes(ServiceSpecificRequest()))?.message == "Must provide service name")
        #expect(Catalog.refusal(of: .catalogNodeServices(NodeSpecificRequest()))?.message == "Must provide node")
    }
}
