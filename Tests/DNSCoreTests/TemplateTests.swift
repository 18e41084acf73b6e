import DNSCore
import Determinism
import FederationModel
import Testing

@Suite("Answers kept without number and order") struct TemplateTests {
    private struct Made {
        var template: DNSTemplate
        var usual: [UInt8]
    }

    /// The template of an answer, and what is answered without one.
    private func make(
        _ packet: [UInt8], _ context: DNSContext, _ rows: [CheckServiceNode], _ transport: DNSTransport = .udp
    ) -> Made? {
        guard let frontEnd = DNSFrontEnd(context: context),
            case .query(_, let rendering) = frontEnd.plan(packet, transport)
        else { return nil }
        let response = Response.checkServiceNodes(IndexedCheckServiceNodes(nodes: rows))
        var random = SeededRandom(seed: 7)
        guard let template = frontEnd.template(rendering, response) else { return nil }
        return Made(template: template, usual: frontEnd.render(rendering, [.success(response)], random: &random))
    }

    private func write(_ made: inout Made, _ random: inout SeededRandom, id: UInt16 = 0x1234) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: made.template.byteCount)
        bytes.withUnsafeMutableBytes { made.template.write(id: id, to: $0, random: &random) }
        return bytes
    }

    private func web(_ count: Int, isIPv6: Bool = false) -> [CheckServiceNode] {
        (1...count).map { instance(node("n\($0)", isIPv6 ? "2001:db8::\($0)" : "10.0.\($0 / 250).\($0 % 250)")) }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var count: Int
        var type: UInt16 = 1
        var edns: UInt16?
        var options: [UInt8] = []
        var change: @Sendable (inout DNSContext) -> Void = { _ in }
        var testDescription: String { "\(count) of type \(type), EDNS \(edns.map { "\($0)" } ?? "-")" }
    }

    @Test("What is written is what is answered otherwise, but for the order of the records", arguments: [
        Case(count: 1), Case(count: 3), Case(count: 40), Case(count: 3, type: 28),
        Case(count: 40, edns: 4096), Case(count: 40, edns: 65_000), Case(count: 5, edns: 1400),
        Case(count: 5, edns: 4096, options: [0, 8, 0, 7, 0, 1, 24, 99, 198, 51, 100]),
        Case(count: 6, change: { ($0.udpAnswerLimit, $0.enableTruncate) = (2, true) }),
        Case(count: 6, change: { $0.aRecordLimit = 2 }),
        Case(count: 6, change: { ($0.aRecordLimit, $0.enableTruncate) = (2, true) }),
        Case(count: 6, change: { $0.compressesNames = false }),
        Case(count: 6, change: { ($0.hasRecursors, $0.serviceTTL) = (true, ["w*": 77]) }),
    ])
    func equality(one: Case) throws {
        var context = DNSContext(datacenter: "dc1")
        one.change(&context)
        let rows = web(one.count, isIPv6: one.type == 28)
        let packet = question("wEb.service.consul", one.type, edns: one.edns, options: one.options)
        var made = try #require(make(packet, context, rows))
        var random = SeededRandom(seed: 3)
        for _ in 0..<20 {
            let bytes = write(&made, &random)
            let (own, usual) = (Answer(bytes), Answer(made.usual))
            #expect(own.isReadable && bytes.count == made.usual.count)
            #expect(own.flags == usual.flags && own.question == usual.question)
            #expect(own.payloadBytes == usual.payloadBytes && own.options == usual.options)
            #expect(own.records[1] == usual.records[1] && own.records[2] == usual.records[2])
            #expect(own.answers.count == usual.answers.count && Set(own.answers).count == own.answers.count)
            let all = Set(rows.compactMap { $0.node?.address }.compactMap { IPAddress($0)?.description })
            #expect(own.records[0].allSatisfy { all.contains($0.data) && $0.ttl == usual.records[0].first?.ttl })
            if own.answers.count == one.count { #expect(Set(own.answers) == Set(usual.answers)) }
            // Bytes of the first record's place apart, both are equal.
            let head = 12 + "wEb.service.consul".utf8.count + 2 + 4
            #expect(bytes[..<head].elementsEqual(made.usual[..<head]))
        }
    }

    @Test("Every instance comes first as often as any other", arguments: [2, 3, 7, 40]) func spread(count: Int) throws {
        var made = try #require(make(question("web.service.consul"), DNSContext(datacenter: "dc1"), web(count)))
        var random = SeededRandom(seed: 11)
        var firsts: [String: Int] = [:]
        let rounds = 500 * count
        for _ in 0..<rounds { firsts[Answer(write(&made, &random)).answers.first ?? "", default: 0] += 1 }
        #expect(firsts.count == count)
        // 500 expected, a standard deviation of 22: six of them.
        #expect(firsts.values.allSatisfy { abs($0 - 500) < 134 }, "\(firsts)")
    }

    @Test("Answers that are no shuffled deck of equal records are made anew each time") func refusals() throws {
        let context = DNSContext(datacenter: "dc1")
        let packet = question("web.service.consul")
        #expect(make(packet, context, web(3), .tcp) == nil)
        #expect(make(question("web.service.consul", 33), context, web(3)) == nil)
        #expect(make(question("web.service.consul", 255), context, web(3)) == nil)
        #expect(make(packet, context, []) == nil)
        #expect(make(packet, context, web(3) + web(1)) == nil)
        #expect(make(packet, context, web(2) + [instance(node("h", "host.example"))]) == nil)
        #expect(make(packet, context, web(2) + [instance(node("six", "2001:db8::1"))]) == nil)
        #expect(make(packet, context, [instance(node("n", "10.0.0.1"), status: "critical")]) == nil)
        #expect(make(question("web.service.consul", edns: 600), context, web(100)) == nil)
        #expect(make(question("n.node.consul"), context, web(1)) == nil)
        #expect(make(packet, context, web(257)) == nil)
    }
}
