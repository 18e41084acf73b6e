import Determinism
import FederationModel
import GossipCore
import GossipVectors
import HTTPCore
import ServerCore
import Simulation

/// A world with agents of a test's choice, asked and watched one step at a time.
final class Scenario {
    var world: World
    private var nextRequest: UInt64 = 0
    private var random: SeededRandom
    private var answers: [RequestID: Result<Response, FederationError>] = [:]
    private(set) var answeredAt: [RequestID: Instant] = [:]
    private var agentAnswers: [RequestID: AgentResponse] = [:]
    /// Verdicts in the order they changed, by the host that judged.
    private(set) var verdicts: [(host: Int, datacenter: String, verdict: Verdict, at: Instant)] = []
    /// Of the agents added from here on.
    var gossipKey: [UInt8]?
    var leaveDrainTime: Duration = .zero
    var nodeMeta: [String: String] = [:]
    /// With it, a threshold of 20 entries.
    var snapshotInterval: Duration?
    /// 0: for ever.
    var maxJoinAttempts = 0
    private(set) var elections: [(host: Int, at: Instant)] = []

    init(seed: UInt64 = 1) {
        world = World(seed: seed)
        world.keepsLog = true
        random = SeededRandom(seed: seed &+ 77)
    }

    // MARK: Agents

    static func address(_ datacenter: Int, _ number: Int) -> IPAddress {
        IPAddress(127, 1, UInt8(truncatingIfNeeded: datacenter), UInt8(truncatingIfNeeded: number))
    }

    /// - Parameters:
    ///   - name: of the datacenter; by default `dc` and its number.
    ///   - joining: numbers of agents of the same datacenter; by default the first one.
    ///   - starting: agents that must be joined at the start.
    ///   - names: joined by name.
    ///   - blocked: prefixes of paths that its HTTP API answers 403.
    ///   - federating: datacenters whose first server is joined in the WAN pool.
    func add(
        _ datacenter: Int, _ number: Int, name: String? = nil, node: String? = nil, isServer: Bool = true,
        bootstrap: ServerConfiguration.Bootstrap, joining: [Int] = [1], starting: [Int] = [],
        federating: [Int] = [], names: [String] = [], blocked: [String] = []
    ) -> Int {
        let here = Self.address(datacenter, number)
        let kind = isServer ? "s" : "c"
        var configuration = ServerConfiguration(
            datacenter: name ?? "dc\(datacenter)", node: node ?? "dc\(datacenter)-\(kind)\(number)",
            nodeID: NodeID.random(using: &random), isServer: isServer,
            rpcEndpoint: Endpoint(here, DefaultPort.server), lanEndpoint: Endpoint(here, DefaultPort.serfLAN),
            wanEndpoint: isServer ? Endpoint(here, DefaultPort.serfWAN) : nil, wanAddress: here)
        configuration.bootstrap = bootstrap
        configuration.join.endpoints = joining.filter { $0 != number }.map {
            Endpoint(Self.address(datacenter, $0), DefaultPort.serfLAN)
        }
        configuration.join.names = names.compactMap { HostPort($0, defaultPort: DefaultPort.serfLAN) }
        configuration.join.atStart = starting.map { Endpoint(Self.address(datacenter, $0), DefaultPort.serfLAN) }
        configuration.joinWAN.endpoints = federating.map { Endpoint(Self.address($0, 1), DefaultPort.serfWAN) }
        configuration.keyring = gossipKey.flatMap { try? Keyring([$0]) }
        configuration.cipher = ToyCipher()
        configuration.leaveDrainTime = leaveDrainTime
        configuration.nodeMeta = nodeMeta
        if let snapshotInterval {
            configuration.snapshotInterval = snapshotInterval
            configuration.snapshotThreshold = 20
        }
        configuration.join.interval = .seconds(2)
        configuration.join.maxAttemptCount = maxJoinAttempts
        configuration.joinWAN.interval = .seconds(2)
        return world.add(configuration, frontEnd: FrontEnd(configuration, blocked: blocked))
    }

    /// Servers of one datacenter that expect each other, started.
    func addServers(
        _ count: Int, datacenter: Int = 1, federating: [Int] = [], blocked: [String] = []
    ) -> [Int] {
        let hosts = (1...count).map {
            add(
                datacenter, $0, bootstrap: .expect(count), joining: Array(1...count), federating: federating,
                blocked: blocked)
        }
        for host in hosts { world.start(host) }
        return hosts
    }

    // MARK: Time

    func run(for duration: Duration) {
        let limit = world.now + duration
        while world.step(before: limit) { watch() }
    }

    /// - Returns: how long it took; nil when it did not happen within `limit`.
    func run(atMost limit: Duration, until condition: (Scenario) -> Bool) -> Duration? {
        let began = world.now
        while !condition(self) {
            guard world.now - began < limit else { return nil }
            run(for: .milliseconds(10))
        }
        return world.now - began
    }

    private func watch() {
        for (_, id, result) in world.takeAnswers() {
            answers[id] = result
            answeredAt[id] = world.now
        }
        for (_, id, answer) in world.takeAgentAnswers() { agentAnswers[id] = answer }
        for (host, observation) in world.takeObservations() {
            switch observation {
            case .verdict(let datacenter, _, let verdict, _):
                verdicts.append((host: host, datacenter: datacenter, verdict: verdict, at: world.now))
            case .becameLeader: elections.append((host: host, at: world.now))
            case .clusterKnown, .leaderChanged, .applied, .voted, .member: break
            }
        }
    }

    // MARK: Questions

    func begin(_ request: Request, at host: Int, timeout: Duration? = nil) -> RequestID {
        nextRequest += 1
        let id = RequestID(nextRequest)
        world.request(request, id: id, at: host, timeout: timeout)
        watch()
        return id
    }

    func answer(_ id: RequestID) -> Result<Response, FederationError>? { answers[id] }
    func agentAnswer(_ id: RequestID) -> AgentResponse? { agentAnswers[id] }

    /// Runs until it is answered, thirty seconds at most.
    func ask(_ request: Request, at host: Int) -> Result<Response, FederationError>? {
        let id = begin(request, at: host)
        _ = run(atMost: .seconds(30)) { $0.answers[id] != nil }
        return answers[id]
    }

    func begin(_ request: AgentRequest, at host: Int) -> RequestID {
        nextRequest += 1
        let id = RequestID(nextRequest)
        world.agentRequest(request, id: id, at: host)
        watch()
        return id
    }

    func ask(_ request: AgentRequest, at host: Int) -> AgentResponse? {
        let id = begin(request, at: host)
        _ = run(atMost: .seconds(60)) { $0.agentAnswers[id] != nil }
        return agentAnswers[id]
    }

    /// Over HTTP, as a client of that agent; runs until it is answered, thirty seconds at most.
    func fetch(
        _ method: String, _ target: String, _ headers: [(name: String, value: String)] = [],
        body: String = "", at host: Int
    ) -> HTTPResponse? {
        let request = HTTPRequest(method: method, target: target, headers: headers, body: Array(body.utf8))
        let id = world.http(request, at: host, timeout: .seconds(30))
        var answer: ClientAnswer?
        _ = run(atMost: .seconds(31)) { scenario in
            answer = scenario.world.takeClientAnswer(id)
            return answer != nil
        }
        if case .http(let response)? = answer { return response }
        return nil
    }

    /// Two requests at the same instant, the first one first.
    func fetchBoth(
        _ first: String, _ second: String, _ headers: [(name: String, value: String)], at host: Int
    ) -> (HTTPResponse?, HTTPResponse?) {
        let ids = [first, second].map { target in
            world.http(HTTPRequest(method: "GET", target: target, headers: headers), at: host, timeout: .seconds(30))
        }
        var answers: [UInt64: ClientAnswer] = [:]
        _ = run(atMost: .seconds(31)) { scenario in
            for id in ids { if let answer = scenario.world.takeClientAnswer(id) { answers[id] = answer } }
            return answers.count == 2
        }
        let responses = ids.map { id -> HTTPResponse? in
            if case .http(let response)? = answers[id] { response } else { nil }
        }
        return (responses[0], responses[1])
    }

    // MARK: What is asked often

    func put(_ key: String, _ value: String, in datacenter: String = "dc1", at host: Int) -> Bool {
        let entry = DirEntry(key: ByteString(key), value: ByteString(value))
        if case .success = ask(.kvsApply(KVSRequest(datacenter: datacenter, op: "set", dirEnt: entry)), at: host) {
            return true
        }
        return false
    }

    func get(
        _ key: String, in datacenter: String = "dc1", at host: Int, stale: Bool = false
    ) -> String? {
        let options = QueryOptions(allowStale: stale)
        let request = KeyRequest(datacenter: datacenter, key: ByteString(key), options: options)
        guard case .success(.dirEntries(let answer)) = ask(.kvsGet(request), at: host) else { return nil }
        return answer.entries?.first?.value?.text
    }

    func stat(_ group: String, _ key: String, at host: Int) -> String? {
        guard case .selfInfo(let info) = ask(.selfInfo, at: host) else { return nil }
        return info.stats[group]?[key]
    }

    func leaders(among hosts: [Int]) -> [Int] {
        hosts.filter { world.isRunning($0) && stat("raft", "state", at: $0) == "Leader" }
    }

    /// Waits for a leader that has begun its work.
    func awaitLeader(among hosts: [Int]) -> Int? {
        _ = run(atMost: .seconds(15)) { $0.leaders(among: hosts).count == 1 }
        return leaders(among: hosts).first
    }

    /// Peers as the server's configuration names them, voters only.
    func voters(at host: Int) -> [String] {
        let text = stat("raft", "latest_configuration", at: host) ?? ""
        return text.split(separator: " ").filter { $0.hasSuffix("(voter)") }
            .map { String($0.prefix { $0 != "@" }) }.sorted()
    }
}
