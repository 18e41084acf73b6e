import Determinism
import FederationModel
import HTTPCore
import ServerCore
import Simulation
import Testing
import WireFormat

@Suite("Explain says what happens")
struct ExplainTests {
    private static let agent = [(name: "User-Agent", value: "test")]

    private static func header(_ name: String, _ response: HTTPResponse?) -> String? {
        response?.headers.first { $0.name == name }?.value
    }

    @Test(
        "For the same view, the first server that explain names is the first that is called, and its error the error",
        arguments: 1...6)
    func sameView(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let (scenario, here, there) = FederationTests.federation(seed: UInt64(seed))
        #expect(scenario.put("k", "v", in: "dc2", at: here[0]))
        var decisions: Set<String> = []
        for round in 0..<12 {
            for server in there {
                switch random.next(upperBound: 6 as UInt64) {
                case 0: scenario.world.freeze(server)
                case 1: if scenario.world.isRunning(server) { scenario.world.kill(server) }
                default:
                    if scenario.world.isRunning(server) {
                        scenario.world.resume(server)
                    } else {
                        scenario.world.start(server)
                    }
                }
            }
            scenario.run(for: random.duration(in: .zero..<Duration.seconds(8)))
            let host = here[Int(random.next(upperBound: 3 as UInt64))]
            let mode = ["", "&stale", "&consistent"][Int(random.next(upperBound: 3 as UInt64))]
            let answers = scenario.fetchBoth(
                "/v1/federation/explain?dc=dc2\(mode)", "/v1/kv/k?dc=dc2&timeout=3s&explain\(mode)", Self.agent,
                at: host)
            guard let told = answers.0, let done = answers.1 else {
                Issue.record("seed \(seed), round \(round): no answer")
                return
            }
            let explanation = try JSONReader.read(told.body)
            let route = try #require(Self.header("X-Isthmus-Route", done))
            let decision = explanation["Decision"]?.text ?? ""
            decisions.insert(decision)
            let node = scenario.world.hosts[host]
            switch decision {
            case "call":
                let first = explanation["Servers"]?.items?.first { $0["Position"]?.shownNumber == "1" }
                let name = try #require(first?["Name"]?.text)
                #expect(route.hasPrefix("\(node).dc1 > \(name) (first, "), "seed \(seed), round \(round): \(route)")
            case "refuse":
                #expect(route == "\(node).dc1", "seed \(seed), round \(round)")
                #expect(Self.header("X-Isthmus-Error", done) == explanation["Error"]?.text)
            default: Issue.record("seed \(seed), round \(round): \(decision)")
            }
        }
        #expect(!decisions.isEmpty)
    }

    @Test("A client agent shows the way over its server, and asks it for the plan")
    func throughClient() throws {
        let (scenario, here, _) = FederationTests.federation()
        let client = scenario.add(1, 9, isServer: false, bootstrap: .never)
        scenario.world.start(client)
        #expect(scenario.put("k", "v", in: "dc2", at: here[0]))
        let done = scenario.fetch("GET", "/v1/kv/k?dc=dc2&explain", Self.agent, at: client)
        let parts = Self.header("X-Isthmus-Route", done)?.split(separator: " > ").map(String.init) ?? []
        #expect(parts.count >= 3 && parts.first == "dc1-c9.dc1" && parts.dropFirst().first?.hasSuffix(".dc1") == true)
        #expect(parts.dropFirst(2).first?.contains(".dc2 (first, answered in ") == true, "\(parts)")
        let told = try #require(scenario.fetch("GET", "/v1/federation/explain?dc=dc2&service=web", at: client))
        let explanation = try JSONReader.read(told.body)
        #expect(explanation["Server"]?.text?.hasSuffix(".dc1") == true && explanation["Service"]?.text == "web")
        #expect(explanation["Servers"]?.items?.count == 3)
        // Without the wish for it nothing is shown.
        let plain = scenario.fetch("GET", "/v1/kv/k?dc=dc2", Self.agent, at: client)
        #expect(plain?.status == 200 && Self.header("X-Isthmus-Route", plain) == nil)
        let unknown = try #require(scenario.fetch("GET", "/v1/federation/explain?dc=nowhere", at: here[0]))
        #expect(try JSONReader.read(unknown.body)["Error"]?.text == "unknown-datacenter")
    }

    @Test("Where the direct way is cut, a third datacenter hands requests on, and the answer says so")
    func relay() {
        let scenario = Scenario(seed: 3)
        let hosts = (1...3).map { datacenter in
            scenario.add(datacenter, 1, bootstrap: .alone, federating: datacenter == 1 ? [] : [1])
        }
        for host in hosts {
            scenario.world.start(host)
            _ = scenario.awaitLeader(among: [host])
        }
        scenario.run(for: .seconds(15))
        #expect(scenario.put("k", "v", in: "dc3", at: hosts[0]))
        scenario.world.setCut(true, from: hosts[0], to: hosts[2])
        scenario.world.setCut(true, from: hosts[2], to: hosts[0])
        let taken = scenario.run(atMost: .seconds(20)) { scenario in
            scenario.get("k", in: "dc3", at: hosts[0]) == "v"
        }
        #expect(taken != nil)
        let answer = scenario.fetch("GET", "/v1/kv/k?dc=dc3&explain", Self.agent, at: hosts[0])
        #expect(answer?.status == 200)
        #expect(Self.header("X-Isthmus-Relay", answer) == "dc2")
        let route = Self.header("X-Isthmus-Route", answer) ?? ""
        #expect(route.hasPrefix("dc1-s1.dc1 > dc2-s1.dc2 (first, answered in "), "\(route)")
        #expect(route.contains(" > dc2-s1.dc2 > dc3-s1.dc3 (first, answered in "), "\(route)")
        #expect(scenario.put("k2", "w", in: "dc3", at: hosts[0]))
        scenario.world.healAll()
        let back = scenario.run(atMost: .seconds(20)) { scenario in
            let answer = scenario.fetch("GET", "/v1/kv/k?dc=dc3", Self.agent, at: hosts[0])
            return answer?.status == 200 && Self.header("X-Isthmus-Relay", answer) == nil
        }
        #expect(back != nil)
    }
}

@Suite("A relay that fails")
struct RelayFailureTests {
    enum Failure: CaseIterable, Sendable { case killed, frozen, ownLineCut }

    @Test(
        "A read goes over the next relay when its relay dies, hangs, or cannot hand it on",
        arguments: Failure.allCases)
    func moved(failure: Failure) throws {
        let scenario = Scenario(seed: 6)
        let hosts = (1...4).map { datacenter in
            scenario.add(datacenter, 1, bootstrap: .alone, federating: datacenter == 1 ? [] : [1])
        }
        for host in hosts {
            scenario.world.start(host)
            _ = scenario.awaitLeader(among: [host])
        }
        scenario.run(for: .seconds(15))
        #expect(scenario.put("k", "v", in: "dc4", at: hosts[0]))
        func cut(_ one: Int, _ other: Int) {
            scenario.world.setCut(true, from: one, to: other)
            scenario.world.setCut(true, from: other, to: one)
        }
        func ask() -> HTTPResponse? {
            scenario.fetch("GET", "/v1/kv/k?dc=dc4", [(name: "User-Agent", value: "test")], at: hosts[0])
        }
        cut(hosts[0], hosts[3])
        let taken = scenario.run(atMost: .seconds(25)) { _ in ask()?.header("X-Isthmus-Relay") != nil }
        #expect(taken != nil)
        scenario.run(for: .seconds(2))
        let first = try #require(ask()?.header("X-Isthmus-Relay"))
        let second = first == "dc2" ? "dc3" : "dc2"
        let relay = hosts[first == "dc2" ? 1 : 2]
        switch failure {
        case .killed: scenario.world.kill(relay)
        case .frozen: scenario.world.freeze(relay)
        case .ownLineCut: cut(relay, hosts[3])
        }
        let began = scenario.world.now
        let answer = ask()
        let isMoved = answer?.status == 200 && answer?.header("X-Isthmus-Relay") == second
        #expect(isMoved, "\(failure): \(answer?.text ?? "")")
        #expect(scenario.world.now - began < .seconds(2), "\(failure): \(scenario.world.now - began)")
    }
}

extension JSONValue {
    fileprivate var shownNumber: String? { if case .number(let literal) = kind { literal } else { nil } }
}
