import CatalogCore
import FederationModel
import Testing

@Suite("All there is at once, mesh proxies, nodes by their ids")
struct DumpTests {
    private let catalog: Catalog = {
        var catalog = Catalog()
        let proxy = NodeService(
            kind: "connect-proxy", id: "p", service: "web-proxy", port: 1,
            proxy: ConnectProxyConfig(destinationServiceName: "Web"))
        let requests = [
            RegisterRequest(
                id: "aaaaaaaa-1111-1111-1111-111111111111", node: "n1", address: "10.0.0.1",
                service: NodeService(id: "web", service: "web", tags: ["a"], port: 80),
                check: HealthCheck(node: "n1", checkID: "c", status: "passing", serviceID: "web")),
            RegisterRequest(node: "n1", address: "10.0.0.1", service: proxy, skipNodeUpdate: true),
            RegisterRequest(
                id: "aaaabbbb-1111-1111-1111-111111111111", node: "n2", address: "10.0.0.2",
                service: NodeService(
                    id: "web", service: "web", port: 80, connect: ServiceConnect(native: true))),
        ]
        for (position, request) in requests.enumerated() {
            _ = catalog.apply(.register(request), at: UInt64(position + 5))
        }
        return catalog
    }()

    private func rows(_ request: Request) -> [CheckServiceNode] {
        let answer = catalog.answer(request, datacenter: "dc1")?.response
        guard case .checkServiceNodes(let body)? = answer else { return [] }
        return body.nodes ?? []
    }

    @Test func nodes() throws {
        let answer = try #require(catalog.answer(.internalNodeDump(DCSpecificRequest()), datacenter: "dc1"))
        guard case .nodeDump(let body) = answer.response else { return #expect(Bool(false)) }
        #expect(body.dump?.map(\.node) == ["n1", "n2"] && body.dump?.first?.services?.map(\.id) == ["p", "web"])
        #expect(body.dump?.first?.checks?.count == 1 && answer.index == 7 && answer.watch == .registrations)
        let one = catalog.answer(.internalNodeInfo(NodeSpecificRequest(node: "N2")), datacenter: "dc1")
        guard case .nodeDump(let found)? = one?.response else { return #expect(Bool(false)) }
        #expect(found.dump?.map(\.node) == ["n2"])
    }

    @Test func instances() {
        #expect(rows(.internalServiceDump(ServiceDumpRequest())).map { $0.service?.id } == ["web", "web", "p"])
        let kind = ServiceDumpRequest(serviceKind: "connect-proxy", useServiceKind: true)
        #expect(rows(.internalServiceDump(kind)).map { $0.service?.id } == ["p"])
    }

    @Test("Proxies of a service and instances that speak the mesh's protocol themselves") func mesh() {
        let request = ServiceSpecificRequest(serviceName: "web", connect: true)
        #expect(Set(rows(.healthServiceNodes(request)).map { $0.node?.node }) == ["n1", "n2"])
        let ingress = ServiceSpecificRequest(serviceName: "web", ingress: true)
        #expect(rows(.healthServiceNodes(ingress)).isEmpty)
    }

    @Test("A node is found by its id, and by the beginning of it where only one has it", arguments: [
        ("aaaaaaaa-1111-1111-1111-111111111111", "n1"), ("aaaab", "n2"), ("AAAAA", "n1"), ("aaaa", nil), ("a", nil),
        ("n2", "n2"),
    ] as [(String, String?)])
    func ids(asked: String, found: String?) {
        let request = Request.catalogNodeServices(NodeSpecificRequest(node: asked))
        guard case .nodeServices(let body)? = catalog.answer(request, datacenter: "dc1")?.response else { return }
        #expect(body.nodeServices?.node?.node == found)
    }
}
