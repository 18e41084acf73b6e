import DNSCore
import Determinism
import FederationModel
import Testing

@Suite("Questions about other domains")
struct RecursionTests {
    private func front(hasRecursors: Bool = true, compresses: Bool = true) throws -> DNSFrontEnd {
        var context = DNSContext(datacenter: "dc1")
        context.hasRecursors = hasRecursors
        context.compressesNames = compresses
        return try #require(DNSFrontEnd(context: context))
    }

    /// A question of number 7 with recursion desired.
    private func question(_ name: String, type: UInt8 = 1, edns: UInt16? = nil) -> [UInt8] {
        var bytes: [UInt8] = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, edns == nil ? 0 : 1]
        for label in name.split(separator: ".") { bytes += [UInt8(label.utf8.count)] + label.utf8 }
        bytes += [0, 0, type, 0, 1]
        if let edns { bytes += [0, 0, 41, UInt8(edns >> 8), UInt8(edns & 0xFF), 0, 0, 0, 0, 0, 0] }
        return bytes
    }

    private func recursion(
        _ name: String, edns: UInt16? = nil, _ transport: DNSTransport = .udp
    ) throws -> (DNSFrontEnd, DNSRecursion) {
        let front = try front()
        guard case .recurse(let recursion) = front.plan(question(name, edns: edns), transport) else {
            throw Missing()
        }
        return (front, recursion)
    }

    private struct Missing: Error {}

    @Test("Other domains are refused without a recursor and passed on with one")
    func planning() throws {
        guard case .respond(let refusal) = try front(hasRecursors: false).plan(question("example.org"), .udp) else {
            Issue.record("passed on")
            return
        }
        #expect(refusal[3] & 15 == 5)
        let (_, recursion) = try recursion("example.org")
        #expect(recursion.question(id: 0x1234) == [0x12, 0x34] + question("example.org").dropFirst(2))
    }

    @Test("An answer has to carry our number and our question; its letters may be of another case")
    func acceptance() throws {
        let (_, recursion) = try recursion("example.org")
        var answer = recursion.question(id: 0x1234)
        #expect(!recursion.isAnswer(answer, id: 0x1234), "a question")
        answer[2] |= 0x80
        #expect(recursion.isAnswer(answer, id: 0x1234))
        #expect(!recursion.isAnswer(answer, id: 0x1235))
        var other = answer
        other[13] = UInt8(ascii: "E")
        #expect(recursion.isAnswer(other, id: 0x1234))
        other[13] = UInt8(ascii: "f")
        #expect(!recursion.isAnswer(other, id: 0x1234))
        #expect(!recursion.isAnswer(Array(answer.prefix(20)), id: 0x1234) && !recursion.isAnswer([], id: 0x1234))
        #expect(recursion.isSettled(by: answer))
        answer[3] = 2
        #expect(!recursion.isSettled(by: answer))
    }

    @Test("An answer comes under the asker's number, cut to what it takes", arguments: [
        (nil, 512, false), (nil, 513, true), (1232, 1232, false), (1232, 1233, true),
    ] as [(UInt16?, Int, Bool)])
    func relaying(edns: UInt16?, count: Int, isCut: Bool) throws {
        let (front, recursion) = try recursion("example.org", edns: edns)
        var answer = recursion.question(id: 0x1234)
        answer[2] |= 0x80
        answer[7] = 3
        answer += [UInt8](repeating: 1, count: count - answer.count)
        let relayed = front.relay(answer, for: recursion)
        #expect(relayed[0] == 0 && relayed[1] == 7)
        #expect((relayed[2] & 2 != 0) == isCut && relayed[7] == (isCut ? 0 : 3))
        #expect(relayed.count == (isCut ? 12 + 13 + 4 : count))
    }

    @Test("Nobody knew: a server failure; a reverse lookup goes on only when nothing of ours has the address")
    func failures() throws {
        let (front, recursion) = try recursion("example.org")
        let failure = front.unanswered(recursion)
        #expect(failure[3] == 0x80 | 2, "recursion is available")
        guard case .query(_, let rendering) = front.plan(question("9.0.0.10.in-addr.arpa", type: 12), .udp) else {
            Issue.record("no query")
            return
        }
        let none = Response.nodes(IndexedNodes())
        let found = Response.nodes(IndexedNodes(nodes: [Node(node: "n", address: "10.0.0.9")]))
        #expect(front.recursion(rendering, [.success(none)]) != nil)
        #expect(front.recursion(rendering, [.success(found)]) == nil)
    }

    @Test("Without compression names are written in full, and answers still fit")
    func compression() throws {
        let rows = (0..<3).map { number in
            CheckServiceNode(
                node: Node(node: "node\(number)", address: "10.0.0.\(number)"), service: NodeService(service: "web"))
        }
        let answer = Response.checkServiceNodes(IndexedCheckServiceNodes(nodes: rows))
        var sizes: [Int] = []
        for compresses in [true, false] {
            let front = try front(compresses: compresses)
            guard case .query(_, let rendering) = front.plan(question("web.service.consul"), .udp) else { continue }
            var random = SeededRandom(seed: 1)
            sizes.append(front.render(rendering, [.success(answer)], random: &random).count)
        }
        let name = "web.service.consul".utf8.count + 2
        #expect(sizes.count == 2 && sizes.last == sizes[0] + 3 * (name - 2))
    }
}

@Suite("Host names behind services and nodes")
struct AliasTests {
    /// Follows the aliases of the answer with what `catalog` and `recursor` say, as the agent does.
    private func follow(
        _ packet: [UInt8], hasRecursors: Bool, catalog: (Request) -> Result<Response, FederationError>,
        recursor: (String) -> [UInt8]?
    ) throws -> (answer: Answer, asked: Int) {
        var context = DNSContext(datacenter: "dc1")
        context.hasRecursors = hasRecursors
        context.serviceTTL = ["*": 9]
        let front = try #require(DNSFrontEnd(context: context))
        var random = SeededRandom(seed: 3)
        guard case .query(let requests, let rendering) = front.plan(packet, .udp) else { throw NoQuery() }
        let results = requests.map(catalog)
        var aliases = DNSAliases()
        var asked = 0
        front.follow(rendering, results, &aliases)
        while let step = front.followNext(&aliases, random: &random) {
            asked += 1
            switch step {
            case .query(let requests, let rendering):
                front.learn(rendering, requests.map(catalog), &aliases, random: &random)
            case .recurse(let recursion):
                front.learn(recursor(Answer(recursion.question(id: 1)).question), &aliases)
            }
        }
        return (Answer(front.render(rendering, results, aliases, random: &random)), asked)
    }

    private struct NoQuery: Error {}

    private func service(_ address: String) -> Result<Response, FederationError> {
        let row = CheckServiceNode(
            node: node("n1", "10.0.0.1"), service: NodeService(service: "web", address: address, port: 80))
        return .success(.checkServiceNodes(IndexedCheckServiceNodes(nodes: [row])))
    }

    /// `a.example` is an alias of `b.example`, which has two addresses.
    private var aliasOfB: [UInt8] {
        var bytes: [UInt8] = [0, 1, 0x81, 0x80, 0, 1, 0, 3, 0, 0, 0, 0, 1, 97, 7]
        bytes += Array("example".utf8)
        bytes += [0, 0, 1, 0, 1, 0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, 98, 0xC0, 14] as [UInt8]
        bytes += [0xC0, 39, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 1, 1, 1] as [UInt8]
        bytes += [0xC0, 39, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 1, 1, 2] as [UInt8]
        return bytes
    }

    @Test("A recursor's records come along, with the service's time to live")
    func throughRecursor() throws {
        let plain = try follow(
            question("web.service.consul", edns: 1232), hasRecursors: true, catalog: { _ in service("a.example") },
            recursor: { $0 == "a.example." ? aliasOfB : nil })
        #expect(plain.answer.answers == [
            "web.service.consul. 9 CNAME a.example.", "a.example. 9 CNAME b.example.", "b.example. 9 A 10.1.1.1",
            "b.example. 9 A 10.1.1.2",
        ])
        let srv = try follow(
            question("web.service.consul", 33), hasRecursors: true, catalog: { _ in service("a.example") },
            recursor: { $0 == "a.example." ? aliasOfB : nil })
        #expect(srv.answer.answers == ["web.service.consul. 9 SRV 1 1 80 a.example."])
        #expect(srv.answer.additional.contains("b.example. 9 A 10.1.1.2"))
        #expect(plain.asked == 2 && srv.asked == 2, "the second alias is asked for as well")
    }

    @Test("Without a recursor, or without its answer, the alias stands alone", arguments: [false, true])
    func alone(hasRecursors: Bool) throws {
        let found = try follow(
            question("web.service.consul"), hasRecursors: hasRecursors, catalog: { _ in service("a.example") },
            recursor: { _ in nil })
        #expect(found.answer.answers == ["web.service.consul. 9 CNAME a.example."])
        #expect(found.asked == (hasRecursors ? 1 : 0))
    }

    @Test("Names of our own domain are looked up in the catalog; circles end")
    func inside() throws {
        let found = try follow(question("web.service.consul"), hasRecursors: false) { request in
            guard case .catalogNodeServices = request else { return service("n1.node.consul") }
            let services = NodeServices(node: node("n1", "10.0.0.1"), services: [:])
            return .success(.nodeServices(IndexedNodeServices(nodeServices: services)))
        } recursor: { _ in nil }
        #expect(found.answer.answers == [
            "web.service.consul. 9 CNAME n1.node.consul.", "n1.node.consul. 9 A 10.0.0.1",
        ])
        let circle = try follow(
            question("web.service.consul"), hasRecursors: false, catalog: { request in
                guard case .healthServiceNodes(let body) = request else { return .failure(.denied) }
                return service(body.serviceName == "web" ? "b.service.consul" : "web.service.consul")
            }, recursor: { _ in nil })
        #expect(circle.answer.answers.first == "web.service.consul. 9 CNAME b.service.consul.")
        #expect(circle.asked <= 4 && circle.answer.answers.count <= 6)
    }

    @Test("The question's family chooses among tagged addresses", arguments: [
        (1, ["six.node.consul. 0 A 10.7.7.7"]), (28, ["six.node.consul. 0 AAAA 2001:db8::1"]),
    ] as [(UInt16, [String])])
    func families(type: UInt16, answers: [String]) throws {
        let six = Node(
            node: "six", address: "2001:db8::1", datacenter: "dc1",
            taggedAddresses: ["lan_ipv4": "10.7.7.7", "lan_ipv6": "2001:db8::1"])
        let found = try #require(ask(question("six.node.consul", type)) { _ in
            .success(.nodeServices(IndexedNodeServices(nodeServices: NodeServices(node: six))))
        })
        #expect(found.answers == answers)
    }
}
