import Configuration

/// What reads well and still cannot be meant: schedules that never come, expectations that cannot hold or be checked.
package struct TopologyCheck {
    let topology: Topology
    private var problems: [TopologyProblem] = []

    /// Of a file, with its parameters at both ends and as its own seed draws them; sorted, each once.
    package static func problems(in root: TopologyNode) -> [TopologyProblem] {
        var found: [TopologyProblem] = []
        for draw in [nil, ParameterDraw.lowest, .highest] {
            let (topology, reading) = TopologyReader.readAll(root, parameters: draw)
            // What was left out of a topology is no further problem: only single parts are looked at then.
            let checking = Self.problems(of: topology, isWhole: reading.isEmpty)
            let problems =
                reading
                + checking.filter { problem in
                    reading.allSatisfy { $0.position.line != problem.position.line }
                }
            // One fault shows itself in one way for most draws, and in other words for others.
            for problem in problems where !found.contains(where: { $0.position == problem.position }) {
                found.append(problem)
            }
            if draw == nil, root["parameters"] == nil { return TopologyError(problems).problems }
        }
        return TopologyError(found).problems
    }

    package static func problems(of topology: Topology) -> [TopologyProblem] {
        problems(of: topology, isWhole: true)
    }

    private static func problems(of topology: Topology, isWhole: Bool) -> [TopologyProblem] {
        var check = TopologyCheck(topology)
        if isWhole {
            check.checkShape()
            check.checkLoads()
            check.checkHealing()
        }
        check.checkLinks()
        check.checkTimes()
        check.checkLabels()
        for action in topology.steps.flatMap(\.actions) + topology.schedule.flatMap(\.actions) {
            check.checkAlone(action)
        }
        for (expectation, _) in check.allExpectations { check.checkAlone(expectation) }
        if isWhole { check.problems += TopologyWalk.problems(of: topology) }
        return TopologyError(check.problems).problems
    }

    private init(_ topology: Topology) { self.topology = topology }

    mutating func note(_ position: TopologyPosition, _ reason: String) {
        problems.append(TopologyProblem(position, reason))
    }

    mutating func warn(_ position: TopologyPosition, _ reason: String) {
        problems.append(TopologyProblem(position, reason, isWarning: true))
    }

    /// Of steps, schedule and run, with the most time each has.
    var allExpectations: [(TopologyExpectation, within: Duration?)] {
        var all: [(TopologyExpectation, within: Duration?)] = []
        for expectation in topology.steps.flatMap(\.expectations) { all.append((expectation, expectation.within)) }
        for entry in topology.schedule {
            if case .when(let expectation) = entry.trigger { all.append((expectation, nil)) }
        }
        for entry in topology.expectations { all.append((entry.expectation, nil)) }
        return all
    }

    var root: TopologyPosition { topology.source?.position ?? TopologyPosition(line: 1, column: 1) }

    private mutating func checkShape() {
        for datacenter in topology.datacenters {
            let count = datacenter.servers.count
            if count.isMultiple(of: 2) {
                warn(
                    datacenter.position,
                    "\(datacenter.name): \(count) servers survive no more losses than \(count - 1); take an odd number")
            }
        }
        let actions = topology.steps.flatMap(\.actions) + topology.schedule.flatMap(\.actions)
        if actions.isEmpty, allExpectations.isEmpty { return }
        if allExpectations.isEmpty { warn(root, "nothing is expected") }
        var started: Set<String> = []
        for action in actions {
            switch action.kind {
            case .start(let who), .restart(let who, _): started.formUnion(topology.names(who) ?? [])
            case .addServer(let name, _): started.insert(name)
            default: break
            }
        }
        for datacenter in topology.datacenters {
            let idle = (datacenter.servers + datacenter.clients).filter { !started.contains($0) }
            guard !idle.isEmpty else { continue }
            let isWhole = idle.count == datacenter.servers.count + datacenter.clients.count
            let names = isWhole ? datacenter.name : idle.joined(separator: ", ")
            warn(datacenter.position, "\(names) \(isWhole || idle.count == 1 ? "is" : "are") never started")
        }
        for producer in topology.producers where !started.contains(producer.name) && producer.check != .none {
            warn(producer.position, "\(producer.name) is never started, so its check fails")
        }
    }

    // MARK: - Links

    private mutating func checkLinks() {
        for rule in topology.links.rules {
            let (senders, receivers): ([String], [String])
            switch rule.ends {
            case .among(let ends): (senders, receivers) = (ends, ends)
            case .oneWay(let from, let to): (senders, receivers) = (from, to)
            }
            let isUsed = senders.contains { from in receivers.contains { from != $0 && talk(from, $0) } }
            if !isUsed {
                note(
                    rule.position,
                    "links nobody: client agents talk within their datacenter, servers with servers elsewhere")
            }
        }
        checkRoundTrips()
    }

    /// Whether any agent of the one end ever sends to one of the other.
    private func talk(_ from: String, _ to: String) -> Bool {
        for sender in agents(from) {
            for receiver in agents(to) where sender != receiver {
                let (home, other) = (topology.datacenter(of: sender), topology.datacenter(of: receiver))
                if home?.name == other?.name { return true }
                if home?.clients.contains(sender) == false, other?.clients.contains(receiver) == false { return true }
            }
        }
        return false
    }

    private func agents(_ end: String) -> [String] { topology.datacenter(named: end)?.agents ?? [end] }

    /// A link that is slower than probes wait makes healthy members suspect. Median round trips are compared, since
    /// single late answers are what suspicion is for.
    private mutating func checkRoundTrips() {
        guard topology.links.position != nil, topology.datacenters.count > 1 else { return }
        for (index, datacenter) in topology.datacenters.enumerated() {
            let limit = PoolTimings(datacenter.options, "gossip_wan", PoolTimings.wan).probeTimeout
            for other in topology.datacenters[(index + 1)...] {
                guard let near = datacenter.servers.first, let far = other.servers.first else { continue }
                let there = topology.link(from: near, to: far).latency.middle
                let roundTrip = there + topology.link(from: far, to: near).latency.middle
                guard roundTrip > limit else { continue }
                warn(
                    topology.links.position ?? root,
                    "a round trip from \(datacenter.name) to \(other.name) takes \(DurationText.text(roundTrip)),"
                        + " longer than a probe of the WAN pool waits (\(DurationText.text(limit)))")
                return
            }
        }
    }

    // MARK: - Loads

    private mutating func checkLoads() {
        let actions = topology.steps.flatMap(\.actions) + topology.schedule.flatMap(\.actions)
        var loads = topology.loads
        for action in actions {
            if case .load(let load) = action.kind { loads.append(load) }
        }
        let kinds = Dictionary(loads.map { ($0.name, $0.kind) }) { first, _ in first }
        for load in loads {
            if !load.keysOf.isEmpty, kinds[load.keysOf] != .kvWrite {
                note(load.position, "of: \"\(load.keysOf)\" writes no keys")
            }
            if let names = topology.names(load.through), names.allSatisfy({ !topology.agentNames.contains($0) }) {
                note(load.position, "through: \(load.through) is no agent")
            }
        }
        for (expectation, _) in allExpectations {
            switch expectation.kind {
            case .writes(let name), .nothingLost(let name, _):
                if kinds[name] != .kvWrite { note(expectation.position, "load \"\(name)\" does not write") }
            case .linearizable(let name):
                guard kinds[name] == .kvWrite else {
                    note(expectation.position, "load \"\(name)\" does not write")
                    continue
                }
                let readers = loads.filter { $0.keysOf == name }
                if readers.isEmpty {
                    note(expectation.position, "nobody reads what \"\(name)\" writes: add a kv-read with of: \(name)")
                } else if readers.allSatisfy({ $0.mode == .stale }) {
                    note(expectation.position, "stale reads of \"\(name)\" may be old: read in another mode")
                }
            default: break
            }
        }
    }

    // MARK: - Labels

    private mutating func checkLabels() {
        var labels: Set<String> = []
        for (expectation, _) in allExpectations where !expectation.record.isEmpty {
            if !labels.insert(expectation.record).inserted {
                note(expectation.position, "record: two rows of the table are called \"\(expectation.record)\"")
            }
        }
        for action in topology.steps.flatMap(\.actions) + topology.schedule.flatMap(\.actions) {
            switch action.kind {
            case .measure(let label, _, _, _), .report(let label, _, _, _):
                if !labels.insert(label).inserted {
                    note(action.position, "two rows of the table are called \"\(label)\"")
                }
            default: break
            }
        }
    }
}

/// When a gossip pool calls a dead member failed.
struct PoolTimings {
    var probeInterval: Duration
    var probeTimeout: Duration
    var suspicionMultiplier: Int

    static let lan = PoolTimings(probeInterval: .seconds(1), probeTimeout: .milliseconds(500), suspicionMultiplier: 4)
    static let wan = PoolTimings(probeInterval: .seconds(5), probeTimeout: .seconds(3), suspicionMultiplier: 6)

    init(probeInterval: Duration, probeTimeout: Duration, suspicionMultiplier: Int) {
        self.probeInterval = probeInterval
        self.probeTimeout = probeTimeout
        self.suspicionMultiplier = suspicionMultiplier
    }

    /// - Parameter key: `gossip_lan` or `gossip_wan`.
    init(_ options: ConfigurationValue, _ key: String, _ standard: PoolTimings) {
        self = standard
        let pool = options[key]
        if case .string(let text)? = pool?["probe_interval"] {
            probeInterval = DurationText.parse(text) ?? probeInterval
        }
        if case .string(let text)? = pool?["probe_timeout"] { probeTimeout = DurationText.parse(text) ?? probeTimeout }
        if case .integer(let count)? = pool?["suspicion_mult"] { suspicionMultiplier = Int(clamping: count) }
    }

    /// The shortest suspicion, of a pool of up to ten (Lifeguard §IV-B); a larger pool suspects longer.
    var leastSuspicion: Duration { probeInterval * suspicionMultiplier }
}
