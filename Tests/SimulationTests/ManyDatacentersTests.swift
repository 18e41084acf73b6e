import Determinism
import FederationModel
import HTTPCore
import ServerCore
import Simulation
import Testing
import TopologyCore
import WireFormat

@Suite("Many datacenters in one call, in the simulated world")
struct ManyDatacentersTests {
    private final class Federation {
        let scenario: Scenario
        /// Servers of five datacenters, and a client agent of the first.
        var servers: [[Int]] = []
        let client: Int

        init(seed: UInt64 = 1) {
            scenario = Scenario(seed: seed)
            let scenario = scenario
            servers.append(scenario.addServers(3, datacenter: 1))
            for number in 2...5 {
                servers.append([scenario.add(number, 1, bootstrap: .alone, federating: [1])])
                scenario.world.start(servers[number - 1][0])
            }
            client = scenario.add(1, 9, isServer: false, bootstrap: .never)
            scenario.world.start(client)
            // Times are compared: a lost segment would cost 200 ms.
            var link = Topology.Link.between
            link.loss = 0
            for (here, from) in servers.enumerated() {
                for (there, to) in servers.enumerated() where here != there {
                    for first in from { for second in to { scenario.world.setLink(link, from: first, to: second) } }
                }
            }
            for hosts in servers { _ = scenario.awaitLeader(among: hosts) }
            // Each server judges for itself, and the client agent asks any of them.
            let time = scenario.run(atMost: .seconds(30)) { [servers] scenario in
                servers[0].allSatisfy { server in
                    (2...5).allSatisfy { scenario.verdict(of: "dc\($0)", at: server) == .up }
                }
            }
            #expect(time != nil, "all datacenters are up")
            for number in 1...5 {
                _ = scenario.put("where", "dc\(number)", in: "dc\(number)", at: servers[number - 1][0])
            }
        }

        func fetch(_ target: String, at host: Int? = nil) -> (response: HTTPResponse?, time: Duration) {
            let began = scenario.world.now
            let response = scenario.fetch("GET", target, at: host ?? servers[0][0])
            return (response, scenario.world.now - began)
        }
    }

    private static func values(_ response: HTTPResponse?) -> [String] {
        let rows = response.flatMap { try? JSONReader.read($0.body) }?.items ?? []
        return rows.compactMap { $0["Datacenter"]?.text }
    }

    @Test("A star, a list, the nearest: at a server and at a client agent")
    func selections() {
        let federation = Federation()
        for host in [federation.servers[0][0], federation.client] {
            let all = federation.fetch("/v1/kv/where?dc=*", at: host)
            #expect(Self.values(all.response).sorted() == ["dc1", "dc2", "dc3", "dc4", "dc5"], "\(all.response as Any)")
            #expect(Self.values(all.response).first == "dc1")
            let listed = federation.fetch("/v1/kv/where?dc=dc4,dc2", at: host)
            #expect(Self.values(listed.response) == ["dc4", "dc2"])
            let near = federation.fetch("/v1/kv/where?dc=near:2", at: host)
            #expect(Self.values(near.response).count == 2 && Self.values(near.response).first == "dc1")
            let typo = federation.fetch("/v1/kv/where?dc=dc2,dc22&envelope", at: host)
            #expect(typo.response?.status == 200)
            #expect(typo.response?.text.contains(#""NearNames":["dc2"]"#) == true)
        }
    }

    @Test(
        "One dead datacenter: at most the deadline before its verdict stands, nothing after", arguments: [true, false])
    func outage(isFrozen: Bool) {
        let federation = Federation()
        let healthy = federation.fetch("/v1/kv/where?dc=*").time
        let fallen = federation.servers[2][0]
        if isFrozen { federation.scenario.world.freeze(fallen) } else { federation.scenario.world.kill(fallen) }
        let before = federation.fetch("/v1/kv/where?dc=*&timeout=700ms")
        #expect(before.time <= .milliseconds(730), "\(before.time)")
        #expect(Self.values(before.response).sorted() == ["dc1", "dc2", "dc4", "dc5"])
        let verdict: Verdict = isFrozen ? .frozen : .unreachable
        let stands = federation.scenario.run(atMost: .seconds(30)) {
            $0.verdict(of: "dc3", at: federation.servers[0][0]) == verdict
        }
        #expect(stands != nil)
        let after = federation.fetch("/v1/kv/where?dc=*")
        #expect(after.time <= healthy + .milliseconds(20), "\(after.time) after \(healthy)")
        #expect(Self.values(after.response).count == 4)
        let header = after.response?.header("X-Isthmus-Datacenters") ?? ""
        #expect(header.contains("dc3;verdict=\(verdict.rawValue);"), "\(header)")
        #expect(header.contains("error=\(verdict.rawValue)"), "\(header)")
    }
}
