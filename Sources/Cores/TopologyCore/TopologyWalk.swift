import Configuration

/// Goes through a topology's actions in their order and follows who runs, as far as the file alone can tell. Notes only
/// what is sure: who a leader is, or what a condition of the schedule has done by then, it does not guess.
struct TopologyWalk {
    enum Condition {
        case idle, up, frozen, down
        /// One of these, as a run decides.
        case unsure
    }

    let topology: Topology
    var problems: [TopologyProblem] = []
    var conditions: [String: Condition] = [:]
    /// Touched at times the walk cannot order: always unsure.
    var unsureNames: Set<String> = []
    var aliases: [String: [String]] = [:]
    var registered: Set<String> = []
    var finished: Set<String> = []
    /// Datacenters that an action has removed or had forgotten.
    var forgotten: Set<String> = []
    /// Servers a datacenter counts at least: a leader drops dead ones while it has a quorum.
    var voterCounts: [String: Int] = [:]
    var bootstrapped: Set<String> = []
    var brokenDisks: Set<String> = []
    var isCut = false
    var isClogged = false
    /// Stopped or killed in the present step.
    var endedInStep: Set<String> = []
    /// Started since the last wait of the present step: they do not listen yet.
    var justStarted: Set<String> = []
    /// The schedule cuts or heals beside the steps.
    var areFaultsUnsure = false

    static func problems(of topology: Topology) -> [TopologyProblem] {
        var walk = TopologyWalk(topology: topology)
        walk.perform()
        return walk.problems
    }

    private init(topology: Topology) {
        self.topology = topology
        for name in topology.agentNames + topology.producers.map(\.name) { conditions[name] = .idle }
        for datacenter in topology.datacenters { voterCounts[datacenter.name] = datacenter.servers.count }
    }

    private enum Event {
        case actions([TopologyAction])
        case expectation(TopologyExpectation)
    }

    private mutating func perform() {
        let unordered = topology.schedule.filter { entry in
            if case .at = entry.trigger { !topology.steps.isEmpty } else { true }
        }
        for action in unordered.flatMap(\.actions) { forget(action) }
        for step in topology.steps {
            (endedInStep, justStarted) = ([], [])
            for action in step.actions { act(action) }
            for expectation in step.expectations { expect(expectation) }
        }
        guard topology.steps.isEmpty else {
            for entry in topology.expectations where entry.time == .atEnd { expect(entry.expectation) }
            return
        }
        var events: [(time: Duration, isLook: Bool, event: Event)] = []
        for entry in topology.schedule {
            if case .at(let time) = entry.trigger { events.append((time, false, .actions(entry.actions))) }
        }
        for entry in topology.expectations {
            switch entry.time {
            case .at(let time): events.append((time, true, .expectation(entry.expectation)))
            case .atEnd: events.append((.seconds(1_000_000), true, .expectation(entry.expectation)))
            case .always, .never, .eventuallyAfterHeal: break
            }
        }
        let order = events.indices.sorted {
            (events[$0].time, events[$0].isLook ? 1 : 0, $0) < (events[$1].time, events[$1].isLook ? 1 : 0, $1)
        }
        for index in order {
            switch events[index].event {
            case .actions(let actions):
                justStarted = []
                for action in actions { act(action) }
            case .expectation(let expectation): expect(expectation)
            }
        }
    }

    mutating func note(_ position: TopologyPosition, _ reason: String) {
        problems.append(TopologyProblem(position, reason))
    }

    // MARK: - What is known

    func condition(_ name: String) -> Condition { unsureNames.contains(name) ? .unsure : conditions[name] ?? .unsure }

    func mayRun(_ name: String) -> Bool {
        switch condition(name) {
        case .up, .unsure: true
        case .idle, .frozen, .down: false
        }
    }

    /// Names and whether these are all that is meant for sure.
    func meant(_ who: TopologySelector) -> (names: [String], isSure: Bool) {
        switch who {
        case .leaderOf(let name), .followersOf(let name):
            return ((topology.datacenter(named: name)?.allServers ?? []).filter { mayRun($0) }, false)
        case .alias(let name): return (aliases[name] ?? [], false)
        case .list(let parts):
            let all = parts.map { meant($0) }
            return (all.flatMap(\.names), all.allSatisfy(\.isSure))
        case .everything, .servers, .clients, .producers, .datacenter, .serversOf, .clientsOf, .named:
            return (topology.names(who) ?? [], true)
        }
    }

    /// Why a datacenter can have no leader; nil when it may have one.
    func leaderless(_ name: String) -> String? {
        guard let datacenter = topology.datacenter(named: name) else { return nil }
        let running = datacenter.allServers.filter { mayRun($0) }
        if !bootstrapped.contains(name) {
            let first = datacenter.servers.filter { mayRun($0) }.count
            return first == datacenter.servers.count
                ? nil : "\(name) has no leader: \(first) of its \(datacenter.servers.count) servers were started"
        }
        let needed = (voterCounts[name] ?? 1) / 2 + 1
        guard running.count < needed else { return nil }
        return "\(name) has no quorum: \(running.count) of its \(voterCounts[name] ?? 0) servers run"
    }

    func firstLeaderless(_ names: [String]) -> String? {
        for name in names {
            if let reason = leaderless(name) { return reason }
        }
        return nil
    }

    /// After each action: a quorum that lives on may have dropped the dead by the next one.
    private mutating func count() {
        for datacenter in topology.datacenters {
            let name = datacenter.name
            let running = datacenter.allServers.filter { mayRun($0) }.count
            if !bootstrapped.contains(name), datacenter.servers.allSatisfy({ mayRun($0) }) { bootstrapped.insert(name) }
            if bootstrapped.contains(name), leaderless(name) == nil { voterCounts[name] = running }
        }
    }

    // MARK: - Actions

    private mutating func forget(_ action: TopologyAction) {
        switch action.kind {
        case .start(let who), .stop(let who), .kill(let who, _), .restart(let who, _), .rollingRestart(let who, _),
            .freeze(let who), .resume(let who), .leave(let who):
            unsureNames.formUnion(allMeant(who))
        case .addServer(let name, _), .forceLeave(let name, _): unsureNames.insert(name)
        case .forget(let name, _, _): forgotten.insert(name)
        case .removeDatacenter(let name):
            forgotten.insert(name)
            unsureNames.formUnion(topology.datacenter(named: name)?.agents ?? [])
        case .register(let who): registered.formUnion(allMeant(who))
        case .slowDisk(let who, _), .fullDisk(let who), .mendDisk(let who): brokenDisks.formUnion(allMeant(who))
        case .partition, .bridge, .ring, .cut, .heal, .clog, .unclog: areFaultsUnsure = true
        case .finish(let load): finished.insert(load)
        case .put, .delete, .load, .wait, .measure, .report, .clockSkew, .clockJump: break
        }
    }

    /// With leaders and followers, all servers.
    private func allMeant(_ who: TopologySelector) -> [String] {
        switch who {
        case .leaderOf(let name), .followersOf(let name): topology.datacenter(named: name)?.allServers ?? []
        case .alias: topology.agentNames
        case .list(let parts): parts.flatMap { allMeant($0) }
        default: topology.names(who) ?? []
        }
    }

    private mutating func act(_ action: TopologyAction) {
        let position = action.position
        switch action.kind {
        case .start(let who): start(who, "\(who) runs already", position)
        case .restart(let who, _): start(who, "\(who) runs; kill or stop it first", position)
        case .stop(let who):
            if let name = meant(who).names.first(where: { condition($0) == .frozen }) {
                note(position, "\(name) is frozen and hears no SIGTERM; continue it first")
            }
            end(who, position)
        case .kill(let who, let alias):
            if let alias { aliases[alias] = meant(who).names }
            end(who, position)
        case .leave(let who): end(who, position)
        case .removeDatacenter(let name):
            forgotten.insert(name)
            end(.datacenter(name), position)
        case .forget(let name, let at, let isForced):
            forgotten.insert(name)
            needSomeone(at, position)
            let servers = topology.datacenter(named: name)?.allServers ?? []
            if !isForced, isQuiet, !servers.isEmpty, servers.allSatisfy({ condition($0) == .up }) {
                note(position, "\(name) answers here, so forgetting it is refused; give force: true")
            }
        case .rollingRestart(let who, _): needSomeone(who, position)
        case .freeze(let who):
            needSomeone(who, position)
            change(who, to: .frozen) { $0 == .up }
        case .resume(let who):
            let names = meant(who).names
            if !names.contains(where: { [.frozen, .unsure].contains(condition($0)) }) {
                note(position, "\(who) is not frozen")
            }
            change(who, to: .up) { $0 == .frozen || $0 == .unsure }
        case .forceLeave(let name, let at):
            if condition(name) == .up { note(position, "\(name) runs: force-leave is for failed members") }
            needSomeone(at, position)
        case .addServer(let name, let datacenter):
            let others = topology.datacenter(named: datacenter)?.allServers ?? []
            if !others.contains(where: { mayRun($0) }) {
                note(position, "no server of \(datacenter) runs that \(name) could join")
            }
            conditions[name] = .up
        case .register(let who): register(who, position)
        case .put(_, _, let at, let datacenter), .delete(_, let at, let datacenter):
            needSomeone(at, position)
            needLeader(datacenter, at, position)
            needListeners(meant(at).names, position)
        case .load(let load): needSomeone(load.through, position)
        case .measure(_, _, let at, _):
            needSomeone(at, position)
            needListeners(meant(at).names, position)
        case .report(_, _, _, let at): needSomeone(at, position)
        case .finish(let load): finished.insert(load)
        case .partition, .bridge, .ring, .cut: isCut = true
        case .clog: isClogged = true
        case .heal(let direction):
            if !isCut, !areFaultsUnsure { note(position, "nothing is cut here") }
            if direction == nil { isCut = false }
        case .unclog(let direction):
            if !isClogged, !areFaultsUnsure { note(position, "nothing is clogged here") }
            if direction == nil { isClogged = false }
        case .slowDisk(let who, _), .fullDisk(let who): brokenDisks.formUnion(allMeant(who))
        case .mendDisk(let who):
            if brokenDisks.isDisjoint(with: allMeant(who)) { note(position, "no disk of \(who) is slow or full") }
        case .wait: justStarted = []
        case .clockSkew, .clockJump: break
        }
        count()
    }

    private mutating func start(_ who: TopologySelector, _ reason: String, _ position: TopologyPosition) {
        let (names, isSure) = meant(who)
        let added = topology.datacenters.flatMap(\.addedServers)
        let idle = names.filter { name in
            guard [.idle, .down, .unsure].contains(condition(name)) else { return false }
            return condition(name) != .idle || !added.contains(name)
        }
        if isSure, idle.isEmpty {
            let isWaiting = names.contains { condition($0) == .idle }
            if isWaiting {
                note(position, "\(who) does not exist before add-server")
            } else {
                problems.append(TopologyProblem(position, reason, isWarning: true))
            }
        }
        for name in idle { conditions[name] = .up }
        justStarted.formUnion(idle)
    }

    private mutating func end(_ who: TopologySelector, _ position: TopologyPosition) {
        let (names, isSure) = meant(who)
        if isSure, names.allSatisfy({ [.idle, .down].contains(condition($0)) }) {
            note(position, "nothing of \(who) runs here")
        }
        endedInStep.formUnion(names)
        change(who, to: .down) { $0 != .idle }
    }

    /// One of several takes the new condition: all of them are unsure then, but for a datacenter of one server.
    private mutating func change(_ who: TopologySelector, to new: Condition, where isAffected: (Condition) -> Bool) {
        let (names, isSure) = meant(who)
        for name in names where isAffected(condition(name)) {
            conditions[name] = isSure || names.count == 1 ? new : .unsure
        }
    }

    private mutating func needSomeone(_ who: TopologySelector, _ position: TopologyPosition) {
        let (names, _) = meant(who)
        if !names.contains(where: { mayRun($0) }) { note(position, "none of \(who) runs here") }
    }

    private mutating func needLeader(_ datacenter: String, _ at: TopologySelector, _ position: TopologyPosition) {
        let homes = datacenter.isEmpty ? meant(at).names.compactMap { topology.datacenter(of: $0)?.name } : [datacenter]
        if let reason = firstLeaderless(homes) { note(position, reason) }
    }

    private mutating func register(_ who: TopologySelector, _ position: TopologyPosition) {
        for name in meant(who).names {
            guard let producer = topology.producers.first(where: { $0.name == name }) else { continue }
            if producer.registration == .config {
                // `register: all` passes by what its agents' configurations hold.
                if isNamed(name, by: who) {
                    note(position, "\(name) is registered by the configuration of \(producer.node)")
                }
                continue
            }
            if !mayRun(producer.node) { note(position, "\(name): its agent \(producer.node) does not run") }
            registered.insert(name)
            needListeners([producer.node], position)
        }
    }

    private func isNamed(_ name: String, by who: TopologySelector) -> Bool {
        switch who {
        case .named(let one): one == name
        case .list(let parts): parts.contains { isNamed(name, by: $0) }
        default: false
        }
    }

    /// Actions do not wait for one another: expectations do.
    private mutating func needListeners(_ names: [String], _ position: TopologyPosition) {
        guard let name = names.first(where: { justStarted.contains($0) }) else { return }
        note(position, "\(name) was started only now: ask it in the next step, after an expectation, or after a wait")
    }
}
