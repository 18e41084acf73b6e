import CatalogCore
import FederationModel
import Simulation
import Testing
import WireFormat

@testable import ServerCore

@Suite struct KeptAnswerTests {
    @Test("A question that is asked again and again is answered anew after each change, through every server")
    func changesAreSeen() {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        #expect(scenario.awaitLeader(among: servers) != nil)
        let question = Request.healthServiceNodes(ServiceSpecificRequest(datacenter: "dc1", serviceName: "web"))
        func instances(at server: Int) -> [String]? {
            guard case .success(.checkServiceNodes(let answer)) = scenario.ask(question, at: server) else { return nil }
            return (answer.nodes ?? []).compactMap { $0.service?.id }.sorted()
        }
        for round in 0..<6 {
            let name = "web-\(round)"
            let tags = (0..<40).map { "tag-\($0)" }
            let registration = RegisterRequest(
                datacenter: "dc1", node: "n", address: "192.0.2.1",
                service: NodeService(id: name, service: "web", tags: tags, port: 80))
            #expect(scenario.ask(.catalogRegister(registration), at: servers[round % 3]) == .success(.empty))
            let want = (0...round).map { "web-\($0)" }
            // Twice: the second answer is the one that was kept.
            for server in servers + servers { #expect(instances(at: server) == want, "round \(round)") }
        }
    }

    @Test("What a server says of its leader is kept apart from the rows, on both sides")
    func metaApart() throws {
        func body(_ contact: Duration, _ rows: Response) -> [UInt8] {
            var response = rows
            response.meta = QueryMeta(index: 7, lastContact: contact, knownLeader: contact != .zero)
            var writer = MessagePackWriter()
            response.encodeBody(into: &writer)
            return writer.bytes
        }
        let text = String(repeating: "t", count: 600)
        let lists: [Response] = [
            .checkServiceNodes(IndexedCheckServiceNodes(nodes: [CheckServiceNode(node: Node(node: text))])),
            .serviceNodes(IndexedServiceNodes(serviceNodes: [ServiceNode(node: text)])),
            .nodes(IndexedNodes(nodes: [Node(node: text)])), .services(IndexedServices(services: [text: []])),
            .dirEntries(IndexedDirEntries(entries: [DirEntry(key: ByteString(text))])),
        ]
        for rows in lists {
            let first = body(.zero, rows)
            let meta = QueryMeta(index: 7)
            let served = KeptAnswers.Served(
                request: .statusPing, row: .services, version: .init(index: 1, restoreIndex: 0), meta: meta,
                body: first)
            #expect(served.body(with: meta) == first)
            var kept = KeptAnswers()
            var known = rows
            known.meta = meta
            kept.keep(known, to: "A.B", body: first)
            #expect(kept.response(to: "A.B", body: first) == known)
            for contact in [Duration.milliseconds(1), .seconds(3), .seconds(100_000)] {
                let other = body(contact, rows)
                var want = rows
                want.meta = QueryMeta(index: 7, lastContact: contact, knownLeader: true)
                let isApart = if case .dirEntries = rows { false } else { true }
                #expect(served.body(with: try #require(want.meta)) == (isApart ? other : nil))
                #expect(kept.response(to: "A.B", body: other) == (isApart ? want : nil))
            }
        }
    }

    @Test("What is kept has a bound in count and in bytes")
    func bounds() {
        var kept = KeptAnswers()
        func question(_ number: Int) -> KeptAnswers.Question {
            KeptAnswers.Question(method: "Health.ServiceNodes", body: Array("\(number)".utf8))
        }
        func served(_ byteCount: Int) -> KeptAnswers.Served {
            KeptAnswers.Served(
                request: .statusPing, row: .services, version: .init(index: 1, restoreIndex: 0), meta: QueryMeta(),
                body: [UInt8](repeating: 0, count: byteCount))
        }
        var most = 0
        for number in 0...1500 {
            kept.keep(served(8), for: question(number))
            #expect(kept[question(number)] != nil)
            most = max(most, (0...number).suffix(2 * KeptAnswers.maxCount).count { kept[question($0)] != nil })
        }
        #expect(most <= KeptAnswers.maxCount && most > KeptAnswers.maxCount / 2)
        kept.forgetAll()
        for number in 0..<10 { kept.keep(served(KeptAnswers.maxBytes / 4), for: question(number)) }
        #expect((0..<10).count { kept[question($0)] != nil } <= 4)
        let small = [UInt8](repeating: 0, count: KeptAnswers.minReadBytes - 1)
        kept.keep(.empty, to: "KVS.Get", body: small)
        #expect(kept.response(to: "KVS.Get", body: small) == nil)
    }
}
