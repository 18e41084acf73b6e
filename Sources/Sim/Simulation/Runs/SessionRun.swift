import Determinism
import FederationModel
import RaftCore
import ServerCore
import TopologyCore

/// Holders of locks: each keeps a session of a few seconds alive at whichever server, and is late at times; they take
/// and release two keys, while servers are killed, frozen and cut off. No session may end before the time that its
/// holder was promised, and all of them end once nobody renews them.
package struct SessionRun: HardRun, Sendable {
    static let serverCount = 3
    static let holderCount = 5
    static let faultTime = Duration.seconds(30)
    static let datacenter = "dc1"
    static let clockSkew = 0.05
    static let longestTTL = Duration.seconds(4)

    private struct Holder: Sendable {
        var session: String?
        var ttl = Duration.zero
        var lockDelay = Duration.zero
        /// When the last answered renewal left.
        var renewed = Instant.zero
        /// One request at a time.
        var request: (id: RequestID, kind: Kind, sent: Instant)?
        /// Of the last lock that was asked for.
        var key = ByteString("")
    }

    private enum Kind: Sendable { case create, renew, lock, unlock, destroy }

    package var world: World
    private var random: SeededRandom
    private var checker = WorldChecker()
    private var sessions = SessionChecker(datacenter: SessionRun.datacenter, clockSkew: SessionRun.clockSkew)
    private var faults: PassingFaults
    private var isFaulty = true
    private var holders = [Holder](repeating: Holder(), count: SessionRun.holderCount)
    private var nextRequest: UInt64 = 0
    private var counts: [Kind: Int] = [:]

    package init(seed: UInt64) {
        world = World(seed: seed)
        random = SeededRandom(seed: seed ^ 0x5E55_1075)
        faults = PassingFaults(
            firstScript: Self.holderCount, victimCount: Self.serverCount, longest: .seconds(12),
            random: random.split())
        for server in 0..<Self.serverCount {
            var configuration = ServerConfiguration.agent(
                server, named: "s", serverCount: Self.serverCount, joinedCount: Self.serverCount, using: &random)
            configuration.minSessionTTL = .seconds(1)
            _ = world.add(configuration)
        }
        checker.begin(&world)
    }

    // MARK: The run

    package mutating func run() -> HardReport {
        for host in world.hosts.indices {
            world.slowDisk(host, latency: random.duration(in: .zero..<(.milliseconds(40))))
            world.skewClock(host, rate: 1 + Double(Int.random(in: -4...4, using: &random)) / 100)
            world.start(host)
        }
        for holder in holders.indices { world.schedule(script: holder, after: .seconds(3)) }
        faults.begin(in: &world, after: .seconds(5))
        run(for: .seconds(3) + Self.faultTime)
        isFaulty = false
        faults.heal(&world)
        // A request under way, an election that gives each session its time again, and twice the time itself.
        run(for: .seconds(15) + Self.longestTTL * 2)
        for server in 0..<Self.serverCount where checker.violations.isEmpty {
            checker.report(SessionChecker.name, sessions.leftovers(at: server, world), world)
        }
        return HardReport(
            .sessions, world, violations: checker.violations, faults: faults.faults,
            counts: [
                ("sessions", counts[.create] ?? 0), ("renewals", counts[.renew] ?? 0), ("locks", counts[.lock] ?? 0),
                ("elections", checker.safety.electionCount),
            ])
    }

    private mutating func run(for time: Duration) {
        let limit = world.now + time
        while checker.violations.isEmpty, world.step(before: limit) {
            checker.watch(&world, and: &sessions)
            takeAnswers()
            for script in world.takeScripts() where !faults.act(script, in: &world) && isFaulty {
                act(script)
                world.schedule(script: script, after: pause(of: holders[script]))
            }
        }
    }

    // MARK: Holders

    /// Late at times, and then by more than its session bears or when just that ends.
    private mutating func pause(of holder: Holder) -> Duration {
        let end = holder.renewed + holder.ttl * 2
        if random.chance(0.2), end > world.now {
            return end - world.now + random.duration(in: .zero..<(.milliseconds(150)))
        }
        let longest = random.chance(0.1) ? Self.longestTTL * 3 : .milliseconds(800)
        return random.duration(in: .milliseconds(20)..<longest)
    }

    private mutating func act(_ number: Int) {
        let holder = holders[number]
        guard holder.request == nil else { return }
        let host = Int.random(in: 0..<Self.serverCount, using: &random)
        guard world.isRunning(host) else { return }
        guard let session = holder.session else {
            holders[number].ttl = random.duration(in: .seconds(1)..<Self.longestTTL)
            holders[number].lockDelay = random.chance(0.5) ? .zero : random.duration(in: .zero..<(.seconds(3)))
            let wanted = Session(
                node: "s1", lockDelay: holders[number].lockDelay, behavior: random.chance(0.5) ? "release" : "delete",
                ttl: "\(holders[number].ttl.wholeMilliseconds)ms", nodeChecks: [], checks: [])
            let request = SessionRequest(datacenter: Self.datacenter, op: "create", session: wanted)
            return send(.create, .sessionApply(request), from: number, to: host)
        }
        let key = DirEntry(
            key: ByteString("lock/\(Int.random(in: 0..<2, using: &random))"), value: ByteString("\(number)"),
            session: session)
        switch Int.random(in: 0..<10, using: &random) {
        case 0:
            sessions.givenUp(session)
            let request = SessionRequest(datacenter: Self.datacenter, op: "destroy", session: Session(id: session))
            send(.destroy, .sessionApply(request), from: number, to: host)
        case 1, 2, 3:
            holders[number].key = key.key
            send(
                .lock, .kvsApply(KVSRequest(datacenter: Self.datacenter, op: "lock", dirEnt: key)), from: number,
                to: host)
        case 4:
            send(
                .unlock, .kvsApply(KVSRequest(datacenter: Self.datacenter, op: "unlock", dirEnt: key)), from: number,
                to: host)
        default:
            let request = SessionSpecificRequest(datacenter: Self.datacenter, sessionID: session)
            send(.renew, .sessionRenew(request), from: number, to: host)
        }
    }

    private mutating func send(_ kind: Kind, _ request: Request, from number: Int, to host: Int) {
        nextRequest += 1
        holders[number].request = (RequestID(nextRequest), kind, world.now)
        world.request(request, id: RequestID(nextRequest), at: host)
        takeAnswers()
    }

    private mutating func takeAnswers() {
        for (_, id, result) in world.takeAnswers() {
            guard let number = holders.firstIndex(where: { $0.request?.id == id }),
                let (_, kind, sent) = holders[number].request
            else { continue }
            holders[number].request = nil
            answered(number, kind, sent, result)
        }
    }

    private mutating func answered(
        _ number: Int, _ kind: Kind, _ sent: Instant, _ result: Result<Response, FederationError>
    ) {
        let (ttl, lockDelay) = (holders[number].ttl, holders[number].lockDelay)
        switch (kind, result) {
        case (.create, .success(.string(let id))):
            holders[number].session = id
            holders[number].renewed = sent
            counts[kind, default: 0] += 1
            let found = sessions.acknowledged(id, sent: sent, ttl: ttl, lockDelay: lockDelay)
            checker.report(SessionChecker.name, found, world)
        case (.renew, .success(.sessions(let found))):
            guard let session = found.sessions?.first else {
                holders[number].session = nil
                return
            }
            holders[number].renewed = sent
            counts[kind, default: 0] += 1
            let found = sessions.acknowledged(session.id, sent: sent, ttl: ttl, lockDelay: lockDelay)
            checker.report(SessionChecker.name, found, world)
        case (.destroy, _): holders[number].session = nil
        case (.lock, .success(.bool(true))):
            counts[kind, default: 0] += 1
            let found = sessions.locked(holders[number].key, by: holders[number].session ?? "", at: world.now)
            checker.report(SessionChecker.name, found, world)
        // An invalid session, for one, or an unknown outcome.
        case (.lock, .failure): holders[number].session = nil
        default: break
        }
    }
}
