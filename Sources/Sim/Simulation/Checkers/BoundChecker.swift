import Determinism
import FederationModel
import ServerCore
import TopologyCore

/// Nothing grows without a bound: what agents hold, and what one turn of one of them wants done.
struct BoundChecker: Sendable {
    /// Sizes are looked at so often: between two looks they grow by what a second brings.
    static let interval = Duration.seconds(1)
    /// A burst of a whole pool's worth of messages is a few hundred effects.
    static let maxTurnEffectCount = 20_000
    /// Of one agent in a second: a leader under load with 40 datacenters has some thousand. More is a timer that never
    /// finds its work done, or messages that beget each other.
    static let maxTurnCount = 20_000
    /// How long nothing must have been asked for `idleViolations`: longer than any request without blocking lasts.
    static let idleTime = Duration.seconds(12)

    private(set) var nextLook = World.beginning
    private var told: Set<String> = []
    private var turnCounts: [Int] = []
    /// Since when something of a size has been there at each look.
    private var leftSince: [Place: Instant] = [:]

    /// Of a size among those of an agent.
    private struct Place: Hashable {
        let host: Int
        let size: Int
    }

    mutating func check(_ world: inout World) -> [String] {
        guard world.now >= nextLook else { return [] }
        nextLook = world.now + Self.interval
        var violations: [String] = []
        if world.largestTurn.effectCount > Self.maxTurnEffectCount, told.insert("turn").inserted {
            violations.append(
                "\(world.hosts[world.largestTurn.host]) wants \(world.largestTurn.effectCount) things done at once")
        }
        for (host, count) in turnCounts.enumerated() {
            let turns = world.turnCounts[host] - count
            guard turns > Self.maxTurnCount, told.insert("turns of \(host)").inserted else { continue }
            violations.append("\(world.hosts[host]) had \(turns) turns within a second")
        }
        turnCounts = world.turnCounts
        for host in world.states.indices where world.isRunning(host) {
            for (place, size) in (world.process(of: host).core?.findSizes() ?? []).enumerated() {
                if size.isForRequests { note(Place(host: host, size: place), size.count, at: world.now) }
                guard size.count > size.limit else { continue }
                let name = "\(world.hosts[host]): \(size.name)"
                guard told.insert(name).inserted else { continue }
                violations.append("\(name): \(size.count), more than \(size.limit)")
            }
        }
        return violations
    }

    private mutating func note(_ place: Place, _ count: Int, at now: Instant) {
        if count == 0 { leftSince[place] = nil } else if leftSince[place] == nil { leftSince[place] = now }
    }

    func idleViolations(_ world: inout World) -> [String] {
        var violations: [String] = []
        for host in world.states.indices where world.isRunning(host) {
            let sizes = world.process(of: host).core?.findSizes() ?? []
            for (place, size) in sizes.enumerated() where size.isForRequests && size.count > 0 {
                let since = leftSince[Place(host: host, size: place)]
                guard let since, world.now - since >= Self.idleTime else { continue }
                violations.append(
                    "\(world.hosts[host]): \(size.name): \(size.count) left for \((world.now - since).shown) "
                        + "without a request")
            }
        }
        return violations
    }
}
