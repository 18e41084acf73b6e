import Determinism
import FederationModel

@testable import RoutingCore

/// One router and the remote servers it pings, on a simulated clock.
struct RouterWorld {
    enum Condition: Equatable { case alive, refusing, frozen, unreachable }

    struct Remote {
        var server: RouteServer
        var condition = Condition.alive
        var leader = ""
        var roundTrip = Duration.milliseconds(10)
    }

    var now = Instant.zero
    var random: SeededRandom
    var router: Router
    var remotes: [String: Remote] = [:]
    var answers = DeadlineQueue<RouterInput>()
    var effects: [RouterEffect] = []
    var verdicts: [(at: Instant, datacenter: String, verdict: Verdict)] = []
    var pings: [(at: Instant, name: String, fresh: Bool)] = []
    var openings: [(at: Instant, datacenter: String)] = []
    var logs: [LogLine] = []
    var loss = 0.0
    var jitter = Duration.zero

    init(seed: UInt64, _ configuration: RouterConfiguration = RouterConfiguration(datacenter: "dc1")) {
        random = SeededRandom(seed: seed)
        router = Router(configuration, random: random.split())
    }

    static func server(
        _ node: String, _ datacenter: String, cluster: String? = "aaaaaaaa", isIsthmus: Bool = true,
        status: PoolMember.Status = .alive
    ) -> RouteServer {
        var digits: [UInt8] = [0, 0]
        for byte in datacenter.utf8 { digits[0] = digits[0] &* 31 &+ byte }
        for byte in node.utf8 { digits[1] = digits[1] &* 31 &+ byte }
        return RouteServer(
            name: "\(node).\(datacenter)", node: node, datacenter: datacenter,
            endpoint: Endpoint(IPAddress(10, 1, digits[0], digits[1]), 8300), isIsthmus: isIsthmus, clusterTag: cluster,
            status: status)
    }

    mutating func input(_ input: RouterInput) {
        router.handle(input, at: now, into: &effects)
        perform()
    }

    /// Adds a datacenter of `count` servers led by the first.
    mutating func add(_ datacenter: String, count: Int) {
        let leader = Self.server("s1", datacenter).endpoint.description
        for number in 1...count {
            let server = Self.server("s\(number)", datacenter)
            remotes[server.name] = Remote(server: server, leader: leader)
            input(.updated(server))
        }
    }

    mutating func set(_ datacenter: String, _ change: (inout Remote) -> Void) {
        for name in remotes.keys where name.hasSuffix(".\(datacenter)") {
            if var remote = remotes[name] {
                change(&remote)
                remotes[name] = remote
            }
        }
    }

    private mutating func perform() {
        let batch = effects
        effects = []
        for effect in batch {
            switch effect {
            case .ping(let id, let server, let fresh):
                pings.append((now, server.name, fresh))
                ping(id, server, fresh)
            case .verdictChanged(let datacenter, _, let to, _): verdicts.append((now, datacenter, to))
            case .breakerOpened(let datacenter): openings.append((now, datacenter))
            case .log(let line): logs.append(line)
            case .knock, .federationVerdictChanged: break
            }
        }
    }

    private mutating func ping(_ id: PingID, _ server: RouteServer, _ fresh: Bool) {
        guard let remote = remotes[server.name] else { return }
        let limit = router.configuration.pingTimeout
        switch remote.condition {
        case .alive where random.chance(loss):
            answers.add(.pingFailed(id, fresh ? .connectTimeout : .other("no answer")), due: now + limit)
        case .alive:
            let trip = remote.roundTrip + random.duration(in: .zero..<jitter)
            answers.add(.pingAnswered(id, leader: remote.leader, roundTrip: trip), due: now + trip)
        case .refusing: answers.add(.pingFailed(id, .refused), due: now + .milliseconds(1))
        case .frozen:
            answers.add(.pingFailed(id, fresh ? .silentAfterConnect : .other("no answer")), due: now + limit)
        case .unreachable:
            answers.add(.pingFailed(id, fresh ? .connectTimeout : .other("no answer")), due: now + limit)
        }
    }

    mutating func run(for duration: Duration) {
        let end = now + duration
        while true {
            let next = min(answers.nextDeadline, router.nextDeadline)
            guard next <= end else { break }
            now = max(now, next)
            while let answer = answers.popDue(at: now) { input(answer) }
            if router.nextDeadline <= now {
                router.advance(to: now, into: &effects)
                perform()
                precondition(router.nextDeadline > now, "advance left work behind")
            }
        }
        now = end
    }

    func names(_ datacenter: String, needsLeader: Bool = false) -> [String] {
        var router = router
        return (try? router.route(datacenter, needsLeader: needsLeader, at: now).get().map(\.name)) ?? []
    }

    func error(_ datacenter: String, needsLeader: Bool = false) -> FederationError? {
        var router = router
        guard case .failure(let error) = router.route(datacenter, needsLeader: needsLeader, at: now) else { return nil }
        return error
    }
}
