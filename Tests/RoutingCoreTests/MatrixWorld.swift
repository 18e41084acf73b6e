import Determinism
import FederationModel

@testable import RoutingCore

/// Several datacenters, a router in each of their servers, on a simulated clock; packets of one datacenter to another
/// can be cut one way.
struct MatrixWorld {
    enum Condition: Equatable { case alive, frozen, dead }

    struct Server {
        var server: RouteServer
        var router: Router
        var condition = Condition.alive
    }

    enum Delivery {
        case ping(PingID, from: String, to: String, fresh: Bool, wanted: [String], held: UInt64)
        case input(RouterInput, to: String)
        case knock(from: String, to: String)
    }

    var now = Instant.zero
    var random: SeededRandom
    var servers: [String: Server] = [:]
    private var effects: [RouterEffect] = []
    var deliveries = DeadlineQueue<Int>()
    var pending: [Int: Delivery] = [:]
    var nextDelivery = 0
    var cuts: Set<ReachabilityMatrix.Cut> = []
    var roundTrips: [ReachabilityMatrix.Cut: Duration] = [:]
    var changes: [(at: Instant, server: String, effect: RouterEffect)] = []
    /// Answers that carried the row of the server that gave them.
    var rowCount = 0
    /// Datacenters of Consul: their routers are silent, and their servers answer without rows.
    var foreign: Set<String> = []

    init(seed: UInt64, _ sizes: [String: Int], foreign: Set<String> = []) {
        random = SeededRandom(seed: seed)
        self.foreign = foreign
        var all: [RouteServer] = []
        for (name, count) in sizes.sorted(by: { $0.key < $1.key }) {
            for number in 1...count {
                all.append(RouterWorld.server("s\(number)", name, cluster: name, isIsthmus: !foreign.contains(name)))
            }
        }
        for server in all {
            var configuration = RouterConfiguration(datacenter: server.datacenter)
            configuration.node = server.node
            servers[server.name] = Server(server: server, router: Router(configuration, random: random.split()))
        }
        for to in all {
            for from in all where !foreign.contains(from.datacenter) { give(.updated(to), to: from.name) }
        }
    }

    var names: [String] { servers.keys.sorted() }

    /// One server of each datacenter.
    var ones: [String] { names.filter { $0.hasPrefix("s1.") } }

    subscript(name: String) -> Router {
        guard let server = servers[name] else { preconditionFailure("no server \(name)") }
        return server.router
    }

    mutating func set(_ datacenter: String, _ condition: Condition) {
        for name in names where servers[name]?.server.datacenter == datacenter { servers[name]?.condition = condition }
    }

    mutating func cut(_ from: String, _ to: String) { cuts.insert(ReachabilityMatrix.Cut(from: from, to: to)) }

    private mutating func deliver(_ delivery: Delivery, after delay: Duration) {
        pending[nextDelivery] = delivery
        deliveries.add(nextDelivery, due: now + delay)
        nextDelivery += 1
    }

    private func isCut(_ from: RouteServer, _ to: RouteServer) -> Bool {
        cuts.contains(ReachabilityMatrix.Cut(from: from.datacenter, to: to.datacenter))
    }

    private func oneWay(_ from: RouteServer, _ to: RouteServer) -> Duration {
        let key = ReachabilityMatrix.Cut(from: from.datacenter, to: to.datacenter)
        return (roundTrips[key] ?? .milliseconds(20)) / 2
    }

    private mutating func give(_ input: RouterInput, to name: String) {
        servers[name]?.router.handle(input, at: now, into: &effects)
        perform(name)
    }

    private mutating func perform(_ name: String) {
        guard let server = servers[name] else { return }
        let batch = effects
        effects = []
        for effect in batch {
            switch effect {
            case .ping(let id, let to, let fresh):
                let wanted = servers[name]?.router.wantedRows(fresh: fresh, at: now) ?? []
                let held = self[name].heldStamp(of: to.node, in: to.datacenter)
                deliver(
                    .ping(id, from: name, to: to.name, fresh: fresh, wanted: wanted, held: held),
                    after: oneWay(server.server, to))
            case .knock(let to):
                if !isCut(server.server, to) {
                    deliver(.knock(from: name, to: to.name), after: oneWay(server.server, to))
                }
            case .verdictChanged, .federationVerdictChanged: changes.append((now, name, effect))
            case .breakerOpened: break
            case .log: break
            }
        }
    }

    private mutating func perform(_ delivery: Delivery) {
        switch delivery {
        case .input(let input, let name):
            if servers[name]?.condition == .alive { give(input, to: name) }
        case .knock(let from, let to):
            guard servers[to]?.condition == .alive, let source = servers[from]?.server.datacenter else { return }
            give(.heard(datacenter: source), to: to)
        case .ping(let id, let from, let to, let fresh, let wanted, let held):
            guard let source = servers[from]?.server, let target = servers[to] else { return }
            let limit = target.router.configuration.pingTimeout - oneWay(source, target.server)
            let trip = oneWay(source, target.server) + oneWay(target.server, source)
            let isThere = isCut(source, target.server)
            let isBack = isCut(target.server, source)
            switch target.condition {
            case _ where isThere || isBack:
                // A connection that was open carries the question; a new one needs both ways.
                if !isThere && !fresh && target.condition == .alive {
                    give(.heard(datacenter: source.datacenter), to: to)
                }
                let failure = PingFailure.other("no answer")
                deliver(.input(.pingFailed(id, fresh ? .connectTimeout : failure), to: from), after: limit)
            case .dead: deliver(.input(.pingFailed(id, .refused), to: from), after: oneWay(target.server, source))
            case .frozen:
                let failure: PingFailure = fresh ? .silentAfterConnect : .other("no answer")
                deliver(.input(.pingFailed(id, failure), to: from), after: limit)
            case .alive:
                if !foreign.contains(target.server.datacenter) {
                    give(.heard(datacenter: source.datacenter), to: to)
                    guard let rows = servers[to]?.router.rows(wanted: wanted, heldStamp: held, at: now) else { return }
                    bring(rows.rows, rows.isHeldGood, of: target.server, to: from, after: oneWay(target.server, source))
                }
                let answer = RouterInput.pingAnswered(id, leader: "l", roundTrip: trip)
                deliver(.input(answer, to: from), after: oneWay(target.server, source))
            }
        }
    }

    private mutating func bring(
        _ rows: [CarriedRow], _ isHeldGood: Bool, of server: RouteServer, to from: String, after time: Duration
    ) {
        rowCount += rows.count { $0.row.server == server.node && $0.row.datacenter == server.datacenter }
        if isHeldGood {
            deliver(.input(.rowHolds(server: server.node, datacenter: server.datacenter), to: from), after: time)
        }
        if !rows.isEmpty { deliver(.input(.rows(rows), to: from), after: time) }
    }

    mutating func run(for duration: Duration) {
        let end = now + duration
        let names = names
        while true {
            var next = deliveries.nextDeadline
            for name in names where servers[name]?.condition == .alive {
                next = min(next, servers[name]?.router.nextDeadline ?? .distantFuture)
            }
            guard next <= end else { break }
            now = max(now, next)
            while let number = deliveries.popDue(at: now) {
                if let delivery = pending.removeValue(forKey: number) { perform(delivery) }
            }
            for name in names where servers[name]?.condition == .alive {
                guard self[name].nextDeadline <= now else { continue }
                servers[name]?.router.advance(to: now, into: &effects)
                perform(name)
            }
        }
        now = end
    }

    /// Runs until the condition holds, asked twice a second.
    /// - Returns: how long that took; nil when it did not within the limit.
    mutating func time(until limit: Duration, _ holds: (MatrixWorld) -> Bool) -> Duration? {
        let start = now
        while now - start < limit {
            run(for: .milliseconds(500))
            if holds(self) { return now - start }
        }
        return nil
    }
}
