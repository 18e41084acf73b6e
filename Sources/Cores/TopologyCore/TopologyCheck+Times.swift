import Configuration

extension TopologyCheck {
    /// Everything that has a time comes before the run's end, and ends after it begins.
    mutating func checkTimes() {
        let end = topology.duration
        let shown = DurationText.text(end)
        for entry in topology.schedule {
            switch entry.trigger {
            case .at(let time):
                if time >= end {
                    note(entry.position, "at \(DurationText.text(time)) the run is over (duration: \(shown))")
                }
            case .every(let period, let from, let until):
                if until <= from {
                    note(entry.position, "until \(DurationText.text(until)) is not after \(DurationText.text(from))")
                } else if from >= end {
                    note(entry.position, "from \(DurationText.text(from)) the run is over (duration: \(shown))")
                } else if until > end {
                    note(
                        entry.position, "until \(DurationText.text(until)) is after the run's end (duration: \(shown))")
                } else if from + period > until {
                    warn(entry.position, "comes only once before \(DurationText.text(until)): say at")
                }
            case .when: break
            }
            if entry.actions.isEmpty { note(entry.position, "does nothing") }
        }
        for entry in topology.expectations {
            switch entry.time {
            case .at(let time):
                if time + entry.expectation.within > end {
                    note(
                        entry.position,
                        "at \(DurationText.text(time + entry.expectation.within)) the run is over (duration: \(shown))")
                }
            case .always(let from, let until), .never(let from, let until):
                if from >= end {
                    note(entry.position, "from \(DurationText.text(from)) the run is over (duration: \(shown))")
                }
                if let until, until <= from {
                    note(entry.position, "until \(DurationText.text(until)) is not after \(DurationText.text(from))")
                } else if let until, until > end {
                    note(
                        entry.position, "until \(DurationText.text(until)) is after the run's end (duration: \(shown))")
                }
            case .eventuallyAfterHeal, .atEnd: break
            }
        }
        checkWaits(end, shown)
        for producer in topology.producers {
            if let late = producer.behaviour.last, late.from >= end {
                note(
                    producer.position,
                    "\(producer.name): at \(DurationText.text(late.from)) the run is over (duration: \(shown))")
            }
        }
    }

    mutating func checkHealing() {
        for entry in topology.expectations {
            guard case .eventuallyAfterHeal = entry.time, !healsAnything else { continue }
            note(entry.position, "nothing is ever healed, so it can never be checked")
        }
    }

    /// Waits add up; expectations are counted as nothing, since they may hold at once.
    private mutating func checkWaits(_ end: Duration, _ shown: String) {
        var waited = Duration.zero
        for step in topology.steps {
            for action in step.actions {
                switch action.kind {
                case .wait(let time): waited += time
                case .rollingRestart(let who, let pause):
                    waited += pause * max(0, (topology.names(who) ?? []).count - 1)
                default: continue
                }
                if waited >= end {
                    note(
                        action.position, "by then the run has waited \(DurationText.text(waited)) (duration: \(shown))")
                    return
                }
            }
            for expectation in step.expectations where expectation.within > end {
                note(
                    expectation.position,
                    "within \(DurationText.text(expectation.within)) is longer than the run (duration: \(shown))")
            }
        }
    }

    /// Whether some fault of the file ends before the run does.
    private var healsAnything: Bool {
        (topology.steps.flatMap(\.actions) + topology.schedule.flatMap(\.actions)).contains { action in
            switch action.kind {
            case .heal, .unclog, .mendDisk, .resume, .restart, .rollingRestart: true
            case .clockSkew(_, let rate): rate == 1
            default: false
            }
        }
    }

    // MARK: - Actions and expectations by themselves

    mutating func checkAlone(_ action: TopologyAction) {
        switch action.kind {
        case .partition(let groups): checkGroups(groups, "group", action.position)
        case .ring(let ends):
            checkGroups(ends, "place", action.position)
            if ends.count == 3 { note(action.position, "a ring of three cuts nothing: everyone is a neighbour") }
        case .bridge(let who, let groups):
            if groups.count > 2 { note(action.position, "bridge: two groups are meant") }
            checkGroups([who] + groups, "group", action.position)
        case .cut(let direction), .clog(let direction, _):
            guard let from = topology.names(direction.from), let to = topology.names(direction.to) else { return }
            let pairs = from.contains { one in to.contains { $0 != one } }
            if !pairs { note(action.position, "from and to are the same") }
        case .clockJump(_, let time):
            if time == .zero { note(action.position, "by: a jump of nothing") }
        case .restart(let who, let disk):
            let names = topology.names(who) ?? []
            if disk != .kept, !names.isEmpty, names.allSatisfy({ !topology.agentNames.contains($0) }) {
                note(action.position, "producers have no disk")
            }
        case .slowDisk(let who, _), .fullDisk(let who):
            let servers = topology.datacenters.flatMap(\.allServers)
            if let names = topology.names(who), names.allSatisfy({ !servers.contains($0) }) {
                note(action.position, "\(who): client agents write no log")
            }
        default: break
        }
    }

    private mutating func checkGroups(_ groups: [TopologySelector], _ what: String, _ position: TopologyPosition) {
        var seen: Set<String> = []
        for group in groups {
            for name in topology.names(group) ?? [] where !seen.insert(name).inserted {
                note(position, "\(name) is in more than one \(what)")
                return
            }
        }
    }

    /// What cannot hold whatever happens.
    mutating func checkAlone(_ expectation: TopologyExpectation) {
        let position = expectation.position
        let clients = topology.datacenters.flatMap(\.clients)
        switch expectation.kind {
        case .verdict(let datacenter, let words, _, let from):
            if words.isEmpty { note(position, "is: names no verdict") }
            for name in topology.names(from) ?? [] {
                if clients.contains(name) {
                    return note(position, "\(name) is a client agent: only servers keep verdicts")
                }
                if topology.datacenter(of: name)?.name == datacenter {
                    return note(position, "\(name) keeps no verdict of its own datacenter \(datacenter)")
                }
            }
        case .cutNamed(_, _, _, let from): checkServers(from, clients, position)
        case .forgotten(let datacenter, let from):
            checkServers(from, clients, position)
            for name in topology.names(from) ?? [] where topology.datacenter(of: name)?.name == datacenter {
                return note(position, "\(name) is of \(datacenter) itself")
            }
        case .answers(let answer, _):
            if let both = answer.says.first(where: answer.lacks.contains) {
                note(position, "\"\(both)\" is both in says and in lacks")
            }
        case .members(let count, let isWAN, _, let from):
            checkMemberCount(count, isWAN, from, position)
        case .seen(let who, let isWAN, _, let from):
            let names = topology.names(who) ?? []
            if isWAN, let client = names.first(where: { clients.contains($0) }), names.allSatisfy(clients.contains) {
                note(position, "\(client) is a client agent: only servers are in the WAN pool")
            }
            if isWAN { checkServers(from, clients, position) }
            let homes = Set(names.compactMap { topology.datacenter(of: $0)?.name })
            let lookers = Set((topology.names(from) ?? []).compactMap { topology.datacenter(of: $0)?.name })
            if !isWAN, !lookers.isEmpty, !homes.isEmpty, homes.isDisjoint(with: lookers) {
                note(position, "\(from) and \(who) are in no LAN pool together")
            }
        case .leaders(let count, let datacenter):
            let servers = topology.datacenter(named: datacenter)?.allServers.count ?? 0
            if count > servers { note(position, "\(datacenter) has only \(servers) servers") }
        case .caughtUp(let who):
            if let name = (topology.names(who) ?? []).first(where: { clients.contains($0) }) {
                note(position, "\(name) is a client agent: only servers hold keys")
            }
        case .latency(_, _, _, let over), .errorRate(_, _, let over):
            if let over, over > topology.duration {
                note(position, "over: \(DurationText.text(over)) is longer than the run")
            }
        default: break
        }
    }

    private mutating func checkServers(_ from: TopologySelector, _ clients: [String], _ position: TopologyPosition) {
        if let name = (topology.names(from) ?? []).first(where: { clients.contains($0) }) {
            note(position, "\(name) is a client agent: only servers are in the WAN pool")
        }
    }

    private mutating func checkMemberCount(
        _ count: Int, _ isWAN: Bool, _ from: TopologySelector, _ position: TopologyPosition
    ) {
        guard let names = topology.names(from) else { return }
        if isWAN {
            checkServers(from, topology.datacenters.flatMap(\.clients), position)
            let servers = topology.datacenters.flatMap(\.allServers).count
            if count > servers { note(position, "the WAN pool has at most \(servers) members") }
            return
        }
        for name in names {
            guard let home = topology.datacenter(of: name), count > home.agents.count else { continue }
            return note(position, "the LAN pool of \(home.name) has at most \(home.agents.count) members")
        }
    }
}
