import Configuration

extension TopologyWalk {
    /// An expectation where it is looked at.
    mutating func expect(_ expectation: TopologyExpectation) {
        let position = expectation.position
        if let from = expectation.kind.asked, !meant(from).names.contains(where: { mayRun($0) }) {
            return note(position, "can never be checked: none of \(from) runs here")
        }
        switch expectation.kind {
        case .leader(let datacenters):
            if let reason = firstLeaderless(datacenters) { note(position, reason) }
        case .leaders(let count, let datacenter):
            if count > 0, let reason = leaderless(datacenter) { note(position, reason) }
        case .instances(let names, _, _, _, _):
            let reasons = names.compactMap { notPassing($0) }
            if let reason = reasons.first { note(position, reason) }
        case .key(_, _, let from, let datacenter, let mode):
            guard mode != .stale else { return }
            let homes =
                datacenter.isEmpty ? meant(from).names.compactMap { topology.datacenter(of: $0)?.name } : [datacenter]
            if let reason = firstLeaderless(homes) { note(position, reason) }
        case .verdict(let datacenter, let words, _, _): checkVerdict(datacenter, words, position)
        case .cutNamed(let from, let to, let isAbsent, _):
            if !isAbsent, !isCut, !areFaultsUnsure { note(position, "nothing is cut here from \(from) to \(to)") }
        case .forgotten(let datacenter, _):
            if !forgotten.contains(datacenter) { note(position, "nobody has forgotten or removed \(datacenter)") }
        case .answers(let answer, let from):
            if answer.status < 300, answer.path.hasPrefix("/v1/kv/"), !answer.path.contains("stale"),
                let reason = firstLeaderless(homes(of: answer.path, from))
            {
                note(position, reason)
            }
        case .writes(let load):
            if finished.contains(load) { note(position, "load \"\(load)\" has ended here") }
            guard let load = topology.load(named: load) else { return }
            let homes =
                load.datacenter.isEmpty
                ? Set(meant(load.through).names.compactMap { topology.datacenter(of: $0)?.name }) : [load.datacenter]
            let reasons = homes.sorted().map { leaderless($0) }
            if let reason = reasons.first ?? nil, reasons.allSatisfy({ $0 != nil }) { note(position, reason) }
        case .stopped(let who):
            let (names, isSure) = meant(who)
            if isSure, let name = names.first(where: { [.up, .frozen].contains(condition($0)) }) {
                note(position, "\(name) runs: nothing has stopped it")
            }
        case .seen(let who, let isWAN, let status, _):
            checkSeen(who, isWAN, status, expectation.within, position)
        case .members(let count, let isWAN, let status, let from):
            checkCount(count, isWAN, status, from, position)
        case .refused, .resolves, .nothingLost, .caughtUp, .errorRate, .latency, .linearizable: break
        }
    }

    /// Where a read of that path ends: in the datacenter that it names, or at home.
    private func homes(of path: String, _ from: TopologySelector) -> [String] {
        let query = path.split(separator: "?", maxSplits: 1).dropFirst().first?.split(separator: "&") ?? []
        let named = query.first { $0.hasPrefix("dc=") }.map { String($0.dropFirst(3)) }
        if let named { return topology.datacenter(named: named) == nil ? [] : [named] }
        return meant(from).names.compactMap { topology.datacenter(of: $0)?.name }
    }

    private func notPassing(_ name: String) -> String? {
        guard let producer = topology.producers.first(where: { $0.name == name }) else { return nil }
        if producer.registration != .config, !registered.contains(name) { return "\(name) is not registered before" }
        if producer.registration != .catalog, [.idle, .down].contains(condition(producer.node)) {
            return "\(name): its agent \(producer.node) does not run here"
        }
        if producer.check != .none, [.idle, .down].contains(condition(name)) { return "\(name) does not run here" }
        return nil
    }

    var isQuiet: Bool { !isCut && !isClogged && !areFaultsUnsure }

    private mutating func checkVerdict(_ datacenter: String, _ words: [String], _ position: TopologyPosition) {
        let servers = topology.datacenter(named: datacenter)?.allServers.filter { condition($0) != .idle } ?? []
        guard words.count == 1, let word = words.first, !servers.contains(where: { condition($0) == .unsure }) else {
            return
        }
        let up = servers.filter { condition($0) == .up }
        let isHealthy = up.count == servers.count && !servers.isEmpty
        switch word {
        case "unreachable" where isHealthy && isQuiet, "left" where isHealthy, "degraded" where isHealthy && isQuiet,
            "leaderless" where isHealthy && isQuiet && brokenDisks.isDisjoint(with: servers):
            note(position, "\(datacenter) is whole here: its servers run and nothing is cut")
        case "frozen" where !servers.contains { condition($0) == .frozen } && isQuiet:
            note(position, "no server of \(datacenter) is frozen here")
        case "up" where up.count < servers.count:
            let lost = servers.first { condition($0) != .up } ?? ""
            note(position, "\(datacenter) is not up here: \(lost) does not run")
        default: break
        }
    }

    private mutating func checkSeen(
        _ who: TopologySelector, _ isWAN: Bool, _ status: String, _ within: Duration, _ position: TopologyPosition
    ) {
        let (names, isSure) = meant(who)
        guard isSure else { return }
        switch status {
        case "alive":
            if let name = names.first(where: { [.idle, .down, .frozen].contains(condition($0)) }) {
                note(position, "\(name) does not run here")
            }
        case "failed":
            if isQuiet, let name = names.first(where: { condition($0) == .up }) {
                return note(position, "\(name) runs here and nothing is cut")
            }
            checkSuspicion(names, isWAN, within, position)
        default: break
        }
    }

    /// A count is impossible when more are wanted alive than run.
    private mutating func checkCount(
        _ count: Int, _ isWAN: Bool, _ status: String, _ from: TopologySelector, _ position: TopologyPosition
    ) {
        guard status == "alive", isWAN else { return }
        let servers = topology.datacenters.flatMap(\.allServers)
        let started = servers.filter { condition($0) != .idle }.count
        if started < count, count <= servers.count { note(position, "only \(started) servers were started by then") }
    }

    /// Nobody is called failed before the suspicion of the pool has ended.
    private mutating func checkSuspicion(
        _ names: [String], _ isWAN: Bool, _ within: Duration, _ position: TopologyPosition
    ) {
        guard let name = names.first(where: { endedInStep.contains($0) }), let home = topology.datacenter(of: name)
        else { return }
        let timings =
            isWAN
            ? PoolTimings(home.options, "gossip_wan", .wan) : PoolTimings(home.options, "gossip_lan", .lan)
        let least = timings.leastSuspicion
        guard within < least else { return }
        note(
            position,
            "within \(DurationText.text(within)) no \(isWAN ? "WAN" : "LAN") member is called failed: suspicion alone"
                + " takes \(DurationText.text(least))")
    }
}
