import Determinism
import DNSCore
import FederationModel
import Testing

@Suite("<datacenter>.datacenter: a verdict as text") struct DatacenterTests {
    private func plan(_ name: String, _ type: UInt16) throws -> (DNSFrontEnd, DNSAction) {
        let frontEnd = try #require(DNSFrontEnd(context: DNSContext(datacenter: "dc1")))
        return (frontEnd, frontEnd.plan(question(name, type), .udp))
    }

    @Test("TXT and ANY ask for the verdict", arguments: [UInt16(16), 255])
    func text(type: UInt16) throws {
        let (frontEnd, action) = try plan("DC2.datacenter.consul", type)
        guard case .verdict(let datacenter, let rendering) = action else {
            Issue.record("no verdict is asked for")
            return
        }
        #expect(datacenter == "dc2")
        var report = DatacenterReport(
            datacenter: "dc2", verdict: .frozen, since: .seconds(12), reason: "2 of 2 servers do not answer",
            servers: [])
        report.federation = .up
        let answer = Answer(frontEnd.render(rendering, report))
        #expect(answer.isReadable && answer.code == 0)
        #expect(
            answer.answers.map { $0.split(separator: " ", maxSplits: 3).last.map(String.init) ?? "" } == [
                "verdict=frozen", "federation=up", "since=12s", "answering=0/0", "reason=2 of 2 servers do not answer",
            ])
        #expect(answer.records[0].allSatisfy { $0.ttl == 0 })
        #expect(Answer(frontEnd.render(rendering, nil)).code == 3)
        #expect(Answer(frontEnd.renderUnknown(rendering)).code == 2)
    }

    @Test("Other types have nothing to say; longer names and keywords are Consul's")
    func others() throws {
        guard case .respond(let bytes) = try plan("dc2.datacenter.consul", 1).1 else {
            Issue.record("asked for")
            return
        }
        #expect(Answer(bytes).code == 0 && Answer(bytes).answers.isEmpty)
        guard case .query = try plan("web.service.datacenter.consul", 16).1 else {
            Issue.record("a service of a datacenter of that name")
            return
        }
        for name in ["service.datacenter.consul", "a.dc2.datacenter.consul", "datacenter.consul"] {
            guard case .respond(let bytes) = try plan(name, 16).1 else {
                Issue.record("\(name)")
                continue
            }
            #expect(Answer(bytes).code == 3)
        }
    }
}
