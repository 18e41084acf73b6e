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
