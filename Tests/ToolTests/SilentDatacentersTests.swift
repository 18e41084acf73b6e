import CommandSupport
import Testing

@Suite struct SilentDatacentersTests {
    @Test("Of an answer from several datacenters, those that did not answer are named with the reason")
    func silent() {
        let value = "dc1;verdict=up;age=0;rtt=0.000;index=7, dc2;verdict=frozen;rtt=0.010;error=frozen, "
            + "\"3dc\";rtt=10000.000;error=timed-out"
        let found = AgentClient.silent(in: [("Date", "x"), ("x-isthmus-datacenters", value)])
        #expect(found.map(\.datacenter) == ["dc2", "3dc"] && found.map(\.kind) == ["frozen", "timed-out"])
        #expect(AgentClient.silent(in: [("Vary", "Accept")]).isEmpty)
    }
}
