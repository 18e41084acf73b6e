import DNSCore
import Determinism
import FederationModel
import Testing

struct SizeTests {
    private let name = "cf-dns-trunc-with-a-rather-long-name.service.consul"

    private func many(_ count: Int) -> (Request) -> Result<Response, FederationError> {
        rows((1...count).map { number in
            let text = number < 10 ? "0\(number)" : "\(number)"
            return instance(node("cf-dtr\(text)", "198.51.100.\(number % 250)"), port: number)
        })
    }

    @Test("40 instances as recorded: 3 without EDNS or at 512 bytes, 22 at 1400, all at 4096 and over TCP", arguments: [
        (nil, DNSTransport.udp, 3), (512, .udp, 3), (1400, .udp, 22), (4096, .udp, 40), (nil, .tcp, 40),
    ] as [(UInt16?, DNSTransport, Int)])
    func recorded(edns: UInt16?, transport: DNSTransport, count: Int) throws {
        let answer = try #require(ask(question(name, 33, edns: edns), transport, many(40)))
        #expect(answer.isReadable && answer.answers.count == count && answer.additional.count == count)
        #expect(answer.payloadBytes == edns && !answer.isTruncated)
        if transport == .udp { #expect(answer.bytes.count <= Int(edns ?? 512)) }
    }

    @Test("udp_answer_limit, enable_truncate, a_record_limit")
    func limits() throws {
        var context = DNSContext(datacenter: "dc1")
        context.udpAnswerLimit = 2
        context.enableTruncate = true
        let answer = try #require(ask(question(name), context: context, many(6)))
        #expect(answer.answers.count == 2 && answer.isTruncated)
        let wide = try #require(ask(question(name, edns: 4096), context: context, many(6)))
        #expect(wide.answers.count == 6 && !wide.isTruncated)
        context.aRecordLimit = 4
        #expect(try #require(ask(question(name), .tcp, context: context, many(6))).answers.count == 4)
    }

    @Test("disable_compression: names in full, so fewer records fit")
    func compression() throws {
        var context = DNSContext(datacenter: "dc1")
        context.compressesNames = false
        let full = try #require(ask(question(name, 33, edns: 1400), context: context, many(40)))
        #expect(full.isReadable && full.answers.count < 22 && !full.answers.isEmpty)
        let all = try #require(ask(question(name, 33), .tcp, context: context, many(3)))
        // Each record begins with its own name, not with a pointer: 3 answers, the question, 3 targets.
        #expect(all.answers.count == 3 && !all.bytes.contains(0xC0))
    }

    @Test("EDNS: the client subnet comes back with scope 0")
    func clientSubnet() throws {
        let option: [UInt8] = [0, 8, 0, 7, 0, 1, 24, 99, 198, 51, 100]
        let answer = try #require(ask(question("web.service.consul", edns: 4096, options: option), many(1)))
        #expect(answer.options == [0, 8, 0, 7, 0, 1, 24, 0, 198, 51, 100])
    }

    @Test("A message over TCP stays within 65,535 bytes")
    func largest() throws {
        let meta = Dictionary(uniqueKeysWithValues: (0..<40).map { ("key\($0)", String(repeating: "v", count: 500)) })
        let found = rows((0..<200).map { instance(node("n\($0)", "10.0.0.\($0)", meta: meta), port: $0) })
        let answer = try #require(ask(question(name, 33), .tcp, found))
        #expect(answer.bytes.count <= 65535 && answer.isReadable && !answer.answers.isEmpty)
    }

    @Test("What one instance brings along is dropped first when it is too long")
    func oversizedMetadata() throws {
        let meta = Dictionary(uniqueKeysWithValues: (0..<40).map { ("key\($0)", String(repeating: "v", count: 500)) })
        let answer = try #require(ask(question(name, 33), rows([instance(node("n1", "10.0.0.1", meta: meta))])))
        #expect(answer.answers.count == 1 && answer.additional.isEmpty && answer.isTruncated)
        #expect(answer.bytes.count <= 512)
    }

    @Test("Amplification: whatever is asked over UDP, at most 512 bytes come back, or what EDNS takes up to 4,096")
    func amplification() throws {
        let seed: UInt64 = 4242
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let names = [name, "s1.node.consul", "consul", "example.com", "0a010203.addr.consul", "1.0.0.10.in-addr.arpa"]
        let meta = ["k": String(repeating: "v", count: 400), "l": String(repeating: "w", count: 400)]
        let found: (Request) -> Result<Response, FederationError> = { request in
            switch request {
            case .catalogNodeServices:
                .success(.nodeServices(IndexedNodeServices(
                    nodeServices: NodeServices(node: node("s1", "10.0.0.1", meta: meta)))))
            case .catalogListNodes: .success(.nodes(IndexedNodes(nodes: [node("n1", "10.0.0.1")])))
            case .catalogServiceNodes: .success(.serviceNodes(IndexedServiceNodes()))
            default: many(200)(request)
            }
        }
        for _ in 0..<300 {
            let edns: UInt16? = random.chance(0.5) ? UInt16.random(in: 0...UInt16.max, using: &random) : nil
            let type = [1, 28, 33, 255, 6, 2, 16, 12].randomElement(using: &random) ?? 1
            let packet = question(names.randomElement(using: &random) ?? "consul", UInt16(type), edns: edns)
            let answer = try #require(ask(packet, seed: random.next(), found))
            #expect(answer.isReadable)
            #expect(answer.bytes.count <= min(4096, max(512, Int(edns ?? 0))))
        }
    }

    @Test("Mutated packets are answered or dropped, never worse")
    func mutations() {
        let seed: UInt64 = 77
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let packets = [
            question(name, 33, edns: 1232), question("1.0.0.10.in-addr.arpa", 12), question("s1.node.consul"),
        ]
        for _ in 0..<5_000 {
            var packet = packets.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let place = Int.random(in: 0..<packet.count, using: &random)
                switch Int.random(in: 0..<8, using: &random) {
                case 0: packet.remove(at: place)
                case 1: packet.insert(0xC0, at: place)
                default: packet[place] = UInt8.random(in: 0...255, using: &random)
                }
            }
            if let answer = ask(packet, many(3)) { #expect(answer.isReadable && answer.bytes.count <= 4096) }
        }
    }
}
