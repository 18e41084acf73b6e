import DNSCore
import Determinism
import FederationModel
import Testing

struct AnswerTests {
    private let plain = node("n1", "10.0.0.1")
    private let other = node("n2", "10.0.0.2")

    @Test("Service addresses: own or the node's, once each, critical ones left out")
    func addresses() throws {
        let found = rows([
            instance(plain), instance(plain, port: 81), instance(other, address: "10.0.0.9"),
            instance(node("n3", "10.0.0.3"), status: "critical"), instance(node("n4", "10.0.0.4"), status: "warning"),
        ])
        let answer = try #require(ask(question("DB.service.consul"), found))
        #expect(answer.answers.sorted() == [
            "DB.service.consul. 0 A 10.0.0.1", "DB.service.consul. 0 A 10.0.0.4", "DB.service.consul. 0 A 10.0.0.9",
        ])
        #expect(answer.flags == 0x8500 && answer.question == "DB.service.consul.")
        var context = DNSContext(datacenter: "dc1")
        context.onlyPassing = true
        context.serviceTTL = ["*": 5, "db": 30, "d*": 7]
        let passing = try #require(ask(question("db.service.consul"), context: context, found))
        #expect(passing.answers.sorted() == ["db.service.consul. 30 A 10.0.0.1", "db.service.consul. 30 A 10.0.0.9"])
    }

    @Test("Nothing healthy: no such domain; nothing of the type: an empty answer with SOA")
    func empty() throws {
        let none = try #require(ask(question("web.service.consul"), rows([instance(plain, status: "critical")])))
        #expect(none.code == 3 && none.authority == [soaText])
        for type in [28, 12, 5, 65] as [UInt16] {
            let answer = try #require(ask(question("web.service.consul", type), rows([instance(plain)])))
            #expect(answer.code == 0 && answer.answers.isEmpty && answer.authority == [soaText])
        }
        let text = try #require(ask(question("web.service.consul", 16), rows([instance(plain)])))
        #expect(text.answers == ["web.service.consul. 0 A 10.0.0.1"])
    }

    @Test("Errors: an unknown datacenter is no such domain, all else a server failure")
    func errors() throws {
        let unknown = try #require(ask(question("web.service.dc9.consul")) { _ in .failure(.unknownDatacenter("dc9")) })
        #expect(unknown.code == 3 && unknown.authority == [soaText])
        let failed = try #require(ask(question("web.service.dc2.consul")) { _ in .failure(.frozen(datacenter: "dc2")) })
        #expect(failed.code == 2 && failed.answers.isEmpty)
    }

    @Test("SRV: node targets, address targets, host names, weights and metadata")
    func instances() throws {
        let meta = ["site": "x", "rfc1035-t": "raw text", "a=b": "c"]
        let found = rows([
            instance(node("n1", "10.0.0.1", meta: meta), port: 80, weights: Weights(passing: 9, warning: 2)),
            instance(
                node("n1", "10.0.0.1", meta: meta), port: 81, status: "warning",
                weights: Weights(passing: 7, warning: 3)),
            instance(other, port: 82, address: "10.0.0.9"), instance(node("n5", "target.example.test"), port: 83),
            instance(node("n6", "2001:db8::6"), port: 84), instance(other, port: 85, address: "svc.example.test"),
        ])
        let answer = try #require(ask(question("web.service.dc1.consul", 33), .tcp, found))
        #expect(answer.answers.sorted() == [
            "web.service.dc1.consul. 0 SRV 1 1 82 0a000009.addr.dc1.consul.",
            "web.service.dc1.consul. 0 SRV 1 1 83 target.example.test.",
            "web.service.dc1.consul. 0 SRV 1 1 84 n6.node.dc1.consul.",
            "web.service.dc1.consul. 0 SRV 1 1 85 svc.example.test.",
            "web.service.dc1.consul. 0 SRV 1 3 81 n1.node.dc1.consul.",
            "web.service.dc1.consul. 0 SRV 1 9 80 n1.node.dc1.consul.",
        ])
        #expect(answer.additional.sorted() == [
            "0a000009.addr.dc1.consul. 0 A 10.0.0.9", "n1.node.dc1.consul. 0 A 10.0.0.1",
            "n1.node.dc1.consul. 0 TXT a`=b=c", "n1.node.dc1.consul. 0 TXT raw text",
            "n1.node.dc1.consul. 0 TXT site=x", "n6.node.dc1.consul. 0 AAAA 2001:db8::6",
        ])
    }

    @Test("A host name as address becomes an alias")
    func aliases() throws {
        let found = rows([instance(node("n5", "target.example.test"))])
        for type in [1, 28, 5, 12, 255] as [UInt16] {
            let answer = try #require(ask(question("web.service.consul", type), found))
            #expect(answer.answers == ["web.service.consul. 0 CNAME target.example.test."])
        }
    }

    @Test("Node lookups by type", arguments: [
        (1, ["N1.node.consul. 0 A 10.0.0.1"], ["N1.node.consul. 0 TXT role=server"]),
        (28, [], ["N1.node.consul. 0 TXT role=server"]), (16, ["N1.node.consul. 0 TXT role=server"], []),
        (255, ["N1.node.consul. 0 A 10.0.0.1", "N1.node.consul. 0 TXT role=server"], []), (33, [], []), (15, [], []),
    ] as [(UInt16, [String], [String])])
    func nodes(type: UInt16, answers: [String], additional: [String]) throws {
        let answer = try #require(ask(question("N1.node.consul", type)) { _ in
            .success(.nodeServices(IndexedNodeServices(
                nodeServices: NodeServices(node: node("n1", "10.0.0.1", meta: ["role": "server"])))))
        })
        #expect(answer.code == 0 && answer.answers == answers && answer.additional == additional)
        #expect(answer.authority.isEmpty)
    }

    @Test("A node's records are not counted against udp_answer_limit")
    func manyRecords() throws {
        let meta = ["a": "1", "b": "2", "c": "3", "d": "4"]
        let answer = try #require(ask(question("n1.node.consul", 255)) { _ in
            .success(.nodeServices(IndexedNodeServices(
                nodeServices: NodeServices(node: node("n1", "10.0.0.1", meta: meta)))))
        })
        #expect(answer.answers.count == 5)
    }

    @Test func missingNode() throws {
        let answer = try #require(ask(question("x.node.consul")) { _ in
            .success(.nodeServices(IndexedNodeServices(meta: ledMeta)))
        })
        #expect(answer.code == 3 && answer.authority == [soaText])
    }

    @Test("Who has never heard from a leader cannot deny that something exists, but shows what it has")
    func blind() throws {
        let nothing = try #require(ask(question("x.node.consul")) { _ in
            .success(.nodeServices(IndexedNodeServices()))
        })
        #expect(nothing.code == 2 && nothing.authority.isEmpty)
        let none = try #require(ask(question("web.service.consul")) { _ in
            .success(.checkServiceNodes(IndexedCheckServiceNodes(nodes: [])))
        })
        #expect(none.code == 2)
        let found = try #require(ask(question("web.service.consul")) { _ in
            .success(.checkServiceNodes(IndexedCheckServiceNodes(nodes: [instance(node("n1", "10.0.0.1"))])))
        })
        #expect(found.code == 0 && found.answers.count == 1)
        let late = QueryMeta(index: 9, lastContact: .seconds(9), knownLeader: false)
        let lost = try #require(ask(question("web.service.consul")) { _ in
            .success(.checkServiceNodes(IndexedCheckServiceNodes(nodes: [], meta: late)))
        })
        #expect(lost.code == 3)
    }

    @Test("What has left or was forgotten does not exist; a query is denied only when everybody could be asked")
    func denials() throws {
        for error in [FederationError.left(datacenter: "dc2"), .forgotten(datacenter: "dc2")] {
            #expect(try #require(ask(question("web.service.dc2.consul")) { _ in .failure(error) }).code == 3)
        }
        let unsure = FederationError.notJoined(datacenter: "dc2")
        #expect(try #require(ask(question("web.service.dc2.consul")) { _ in .failure(unsure) }).code == 2)
        for isPartial in [false, true] {
            var body = PreparedQueryExecuteResponse(service: "web", datacenter: "dc1", meta: ledMeta)
            body.isPartial = isPartial
            let answer = try #require(ask(question("web.query.consul")) { _ in .success(.queryResult(body)) })
            #expect(answer.code == (isPartial ? 2 : 3))
        }
    }

    @Test("The zone: SOA and NS name at most three servers, under any name")
    func zone() throws {
        let servers = (1...5).map { instance(node("s\($0)", "10.0.0.\($0)"), port: 8300) }
        let soa = try #require(ask(question("db.service.consul", 6), rows(servers)))
        #expect(soa.answers == [soaText] && soa.authority.count == 3 && soa.additional.count == 3)
        #expect(soa.authority.allSatisfy { $0.hasPrefix("consul. 0 NS s") && $0.hasSuffix(".node.dc1.consul.") })
        let ns = try #require(ask(question("consul", 2), rows(servers)))
        #expect(ns.answers.count == 3 && ns.authority.isEmpty && ns.additional.count == 3)
        let blind = try #require(ask(question("consul", 6)) { _ in .failure(.noLeader(datacenter: "dc1")) })
        #expect(blind.answers == [soaText] && blind.authority.isEmpty)
    }

    @Test("Other domains: an alternative one is answered with targets in the first")
    func domains() throws {
        var context = DNSContext(datacenter: "dc1")
        context.altDomain = "alt.test."
        context.domain = "three.test."
        let answer = try #require(ask(question("web.service.alt.test", 33), context: context, rows([instance(plain)])))
        #expect(answer.answers == ["web.service.alt.test. 0 SRV 1 1 80 n1.node.dc1.three.test."])
        let none = try #require(ask(question("none.service.alt.test"), context: context, rows([])))
        #expect(none.authority.first?.hasPrefix("three.test. 0 SOA ns.three.test.") == true)
        #expect(try #require(ask(question("web.service.consul"), context: context)).code == 5)
    }

    @Test("translate_wan_addrs: other datacenters' instances by their WAN address and port")
    func translation() throws {
        var context = DNSContext(datacenter: "dc1")
        context.translatesWANAddresses = true
        let wan = ServiceAddress(address: "198.51.100.21", port: 19080)
        let found = rows([instance(node("n1", "10.0.0.1", datacenter: "dc2"), port: 9080, wan: wan)])
        let remote = try #require(ask(question("web.service.dc2.consul", 33), context: context, found))
        #expect(remote.answers == ["web.service.dc2.consul. 0 SRV 1 1 19080 c6336415.addr.dc2.consul."])
        #expect(remote.additional == ["c6336415.addr.dc2.consul. 0 A 198.51.100.21"])
        let local = try #require(ask(question("web.service.consul"), context: context, found))
        #expect(local.answers == ["web.service.consul. 0 A 10.0.0.1"])
    }

    @Test("Reverse lookups: a node, else a service, else a failure")
    func pointers() throws {
        let answers: (Request) -> Result<Response, FederationError> = { request in
            switch request {
            case .catalogListNodes: .success(.nodes(IndexedNodes(nodes: [node("n1", "10.0.0.1")])))
            case .catalogServiceNodes:
                .success(.serviceNodes(IndexedServiceNodes(serviceNodes: [
                    ServiceNode(serviceName: "db", serviceAddress: "10.0.0.9")
                ])))
            default: .failure(.denied)
            }
        }
        let found = try #require(ask(question("1.0.0.10.in-addr.arpa", 12), answers))
        #expect(found.answers == ["1.0.0.10.in-addr.arpa. 0 PTR n1.node.dc1.consul."])
        let service = try #require(ask(question("9.0.0.10.in-addr.arpa", 12), answers))
        #expect(service.answers == ["9.0.0.10.in-addr.arpa. 0 PTR db.service.dc1.consul."])
        #expect(try #require(ask(question("8.8.8.8.in-addr.arpa", 12), answers)).flags == 0x8182)
        let six = "1" + String(repeating: ".0", count: 23) + ".8.b.d.0.1.0.0.2.ip6.arpa"
        #expect(try #require(ask(question(six, 12), answers)).flags == 0x8182)
    }

    @Test("The order of instances is drawn anew")
    func shuffle() throws {
        let found = rows((1...6).map { instance(node("n\($0)", "10.0.0.\($0)")) })
        let orders = Set((1...10).compactMap { ask(question("web.service.consul"), .tcp, seed: $0, found)?.answers })
        #expect(orders.count > 3)
    }
}
