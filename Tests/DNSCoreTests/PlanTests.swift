import DNSCore
import FederationModel
import Testing

struct PlanTests {
    private let frontEnd = DNSFrontEnd(context: DNSContext(datacenter: "dc1"))

    private func requests(_ name: String, _ type: UInt16 = 1) -> [Request]? {
        guard case .query(let requests, _) = frontEnd?.plan(question(name, type), .udp) else { return nil }
        return requests
    }

    @Test("Service names", arguments: [
        ("web.service.consul", UInt16(1), "web", "", "dc1"), ("web.service.dc2.consul", 1, "web", "", "dc2"),
        ("v1.web.service.consul", 33, "web", "v1", "dc1"), ("a.b.web.service.consul", 1, "web", "a.b", "dc1"),
        ("_web._tcp.service.consul", 33, "web", "", "dc1"), ("_web._v1.service.dc2.consul", 33, "web", "v1", "dc2"),
        ("_web._tcp.consul", 33, "web", "", "dc1"), ("_web._udp.service.consul", 33, "web", "udp", "dc1"),
        ("DB.SERVICE.ConSul", 1, "db", "", "dc1"), ("service.service.consul", 1, "service", "", "dc1"),
    ] as [(String, UInt16, String, String, String)])
    func services(name: String, type: UInt16, service: String, tag: String, datacenter: String) {
        guard case .healthServiceNodes(let request) = requests(name, type)?.first else { return #expect(Bool(false)) }
        #expect(request.serviceName == service && request.datacenter == datacenter)
        #expect(request.serviceTags == (tag.isEmpty ? nil : [tag]) && request.tagFilter == !tag.isEmpty)
        #expect(request.options.allowStale && request.options.maxStaleDuration == .seconds(87600 * 3600))
    }

    @Test("Node names", arguments: [
        ("s1.node.consul", "s1", "dc1"), ("a.b.node.dc2.consul", "a.b", "dc2"), ("S1.Node.CONSUL", "s1", "dc1"),
    ])
    func nodes(name: String, node: String, datacenter: String) {
        guard case .catalogNodeServices(let request) = requests(name)?.first else { return #expect(Bool(false)) }
        #expect(request.node == node && request.datacenter == datacenter)
    }

    @Test("Names that cannot exist", arguments: [
        "consul", "service.consul", "node.consul", "query.consul", "foo.consul", "foo.bar.consul", "x.y.z.consul",
        "dc1.consul", "addr.consul", "zz010203.addr.consul", "web.service.a.b.consul", "query.dc1.consul",
    ])
    func missing(name: String) throws {
        let answer = try #require(ask(question(name)))
        #expect(answer.code == 3 && answer.answers.isEmpty && answer.authority == [soaText])
        #expect(answer.flags == 0x8503)
    }

    @Test("Other domains are refused, without authority", arguments: ["example.com", "consul.example", "xconsul"])
    func refused(name: String) throws {
        let answer = try #require(ask(question(name)))
        #expect(answer.flags == 0x8105 && answer.authority.isEmpty)
        #expect(try #require(ask(question(name, recursion: false))).flags == 0x8005)
    }

    @Test("addr names give their address whatever is asked", arguments: [
        ("0a010203.addr.consul", UInt16(1), ["0a010203.addr.consul. 0 A 10.1.2.3"]),
        ("0A010203.addr.dc1.consul", 28, ["0a010203.addr.dc1.consul. 0 A 10.1.2.3"]),
        ("20010db800010002cafe000000001337.addr.consul", 1,
            ["20010db800010002cafe000000001337.addr.consul. 0 AAAA 2001:db8:1:2:cafe::1337"]),
        ("0a0102.addr.consul", 1, []),
    ] as [(String, UInt16, [String])])
    func addresses(name: String, type: UInt16, answers: [String]) throws {
        let answer = try #require(ask(question(name, type)))
        #expect(answer.code == 0 && answer.answers == answers && answer.authority.isEmpty)
    }

    @Test("Packets that are no questions")
    func malformed() throws {
        #expect(ask([]) == nil && ask([UInt8](repeating: 0, count: 11)) == nil)
        var answer = question("web.service.consul")
        answer[2] |= 0x80
        #expect(ask(answer) == nil)
        var update = question("web.service.consul")
        update[2] = 5 << 3
        #expect(try #require(ask(update)).flags == 0xA804)
        var none = question("web.service.consul")
        none[5] = 0
        #expect(try #require(ask(none)).code == 1)
        let loop: [UInt8] = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0, 12, 0, 1, 0, 1]
        #expect(try #require(ask(loop)).code == 1)
        #expect(try #require(ask(Array(question("web.service.consul").dropLast(3)))).code == 1)
    }

    @Test func badDomainsMakeNoFrontEnd() {
        var context = DNSContext(datacenter: "dc1")
        context.domain = "a..b"
        #expect(DNSFrontEnd(context: context) == nil)
        context.domain = "."
        #expect(DNSFrontEnd(context: context) == nil)
    }
}
