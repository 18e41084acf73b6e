import Determinism
import TopologyCore
import WireFormat

// What actions do, and how a script waits for them.
extension TopologySimulation {
    /// An agent that does not end within this time of being asked to has failed.
    static let endTimeout = Duration.seconds(15)
    /// A leader may be between two terms: the time of an election.
    private static let selectorTimeout = Duration.seconds(5)

    var hasReadyScript: Bool { scripts.contains { $0.isReady } }

    mutating func beginSchedule(_ index: Int) {
        let entry = topology.schedule[index]
        switch entry.trigger {
        case .at(let time):
            var script = Script(.schedule(index), entry.actions)
            script.wait = .until(time)
            scripts.append(script)
        case .every(let period, let from, let until):
            let (first, last) = (from.wholeNanoseconds, until.wholeNanoseconds)
            for time in stride(from: first, through: last, by: Int(clamping: max(1, period.wholeNanoseconds))) {
                var script = Script(.schedule(index), entry.actions)
                script.wait = .until(.nanoseconds(time))
                scripts.append(script)
            }
        case .when(let expectation): watch(expectation, .when(index), deadline: topology.duration)
        }
    }

    /// Does all that can be done now.
    mutating func advance(_ index: Int) throws(Failure) {
        while true {
            scripts[index].isReady = false
            guard try isOver(index) else { return }
            if scripts[index].actions.isEmpty {
                guard try beginNextStep(index) else { return }
                continue
            }
            let action = scripts[index].actions[0]
            clients.begin(look: -1 - index)
            do throws(FederationReason) {
                view.now = now
                try perform(action, index)
                clients.end(look: -1 - index)
            } catch {
                guard error.isPending else {
                    clients.end(look: -1 - index)
                    return try retry(index, error.description)
                }
                return wait(
                    index, for: .selector(deadline: selectorDeadline(index), retryAt: now + Self.selectorTimeout))
            }
        }
    }

    mutating func wait(_ index: Int, for wait: Script.Wait) { scripts[index].wait = wait }

    private func selectorDeadline(_ index: Int) -> Duration {
        if case .selector(let deadline, _) = scripts[index].wait { return deadline }
        return now + Self.selectorTimeout
    }

    private mutating func retry(_ index: Int, _ reason: String) throws(Failure) {
        let deadline = selectorDeadline(index)
        guard now < deadline else { throw Failure(description: "\(scripts[index].actions[0]): \(reason)") }
        wait(index, for: .selector(deadline: deadline, retryAt: now + .milliseconds(50)))
    }

    /// Whether the script can go on.
    private mutating func isOver(_ index: Int) throws(Failure) -> Bool {
        switch scripts[index].wait {
        case .none: return true
        case .until(let time): guard now >= time else { return false }
        case .ended(let names, let deadline):
            let left = names.filter { view.running.contains($0) }
            guard left.isEmpty else {
                guard now < deadline else {
                    throw Failure(description: "did not end in time: \(left.joined(separator: ", "))")
                }
                return false
            }
        case .answers(let count): guard count == 0 else { return false }
        case .selector(_, let retryAt):
            // The deadline stays until the action is done.
            return now >= retryAt || clients.ready.contains(-1 - index)
        case .measuring, .done: return false
        case .expectations:
            guard !watches.contains(where: { if case .step = $0.purpose { true } else { false } }) else { return false }
            report.steps[scripts[index].step].ended = now
            clients.world.trace(.step, nil, "step \(scripts[index].step + 1) is over", .stepEnded)
        }
        wait(index, for: .none)
        return true
    }

    /// - Returns: false when there is none, or its expectations are watched now.
    private mutating func beginNextStep(_ index: Int) throws(Failure) -> Bool {
        guard scripts[index].origin == .steps else {
            wait(index, for: .done)
            return false
        }
        if scripts[index].step >= 0 && !scripts[index].hasWatchedStep {
            scripts[index].hasWatchedStep = true
            let step = topology.steps[scripts[index].step]
            for (place, expectation) in step.expectations.enumerated() {
                let mark = scripts[index].mark
                watch(expectation, .step(place), mark: mark, deadline: mark + expectation.within)
            }
            wait(index, for: .expectations)
            return true
        }
        guard scripts[index].step + 1 < topology.steps.count else {
            wait(index, for: .done)
            return false
        }
        scripts[index].step += 1
        scripts[index].hasWatchedStep = false
        let step = topology.steps[scripts[index].step]
        scripts[index].actions = step.actions
        scripts[index].mark = now
        report.steps[scripts[index].step].began = now
        say("step \(scripts[index].step + 1) of \(topology.steps.count): \(step.name)", .step(step.name))
        return true
    }

    // MARK: One action

    /// - Throws: that somebody who is meant cannot be told yet; nothing has been done then.
    private mutating func perform(_ action: TopologyAction, _ index: Int) throws(FederationReason) {
        switch action.kind {
        case .start(let who): start(try names(who), index)
        case .restart(let who, let disk): restart(try names(who), disk, index)
        case .stop(let who): stop(try names(who), index)
        case .kill(let who, let alias):
            let names = try names(who)
            if let alias { view.aliases[alias] = names }
            mark(index)
            for name in names { kill(name) }
            finish(index)
        case .freeze(let who): try eachHost(who, index) { $0.freeze($1) }
        case .resume(let who): try eachHost(who, index) { $0.resume($1) }
        case .rollingRestart(let who, let pause):
            let parts = try names(who).enumerated().flatMap { position, name -> [TopologyAction.Kind] in
                (position > 0 ? [.wait(pause)] : []) + [.stop(.named(name)), .start(.named(name))]
            }
            replace(index, with: parts)
        case .leave(let who):
            let names = try names(who).filter { view.running.contains($0) }
            guard names.count == 1, let agent = view.agent(names[0]) else {
                return replace(index, with: names.map { .leave(.named($0)) })
            }
            mark(index)
            finish(index)
            expectedToEnd.insert(agent.name)
            scripts[index].endingAfterAnswers = [agent.name]
            send("PUT", "/v1/agent/leave", [], to: [agent], index)
        case .removeDatacenter(let name): replace(index, with: [.leave(.clientsOf(name)), .leave(.serversOf(name))])
        case .forceLeave(let name, let at):
            let home = view.agent(name)?.datacenter ?? ""
            let agents = try running(at)
            mark(index)
            finish(index)
            for agent in agents {
                let member = agent.datacenter == home ? name : "\(name).\(home)"
                send("PUT", "/v1/agent/force-leave/\(member)", [], to: [agent], index)
            }
        case .forget(let name, let at, let isForced):
            // One server tells the others.
            let agents = try running(at).prefix(1)
            mark(index)
            finish(index)
            send("PUT", TopologyAction.forgetting(name, isForced: isForced), [], to: Array(agents), index)
        case .addServer(let name, _):
            view.added.insert(name)
            start([name], index)
        case .register(let who): register(try names(who), index)
        case .put(let key, let value, let at, let datacenter):
            let agents = try running(at)
            mark(index)
            finish(index)
            send("PUT", Self.target(of: key, datacenter), Array(value.utf8), to: agents, index)
        case .delete(let key, let at, let datacenter):
            let agents = try running(at)
            mark(index)
            finish(index)
            send("DELETE", Self.target(of: key, datacenter), [], to: agents, index)
        case .load(let load):
            mark(index)
            begin(load)
            finish(index)
        case .finish(let name):
            for place in loads.indices where loads[place].record == name { loads[place].isFinished = true }
            guard loads.allSatisfy({ $0.record != name || $0.isIdle }) else {
                return wait(index, for: .until(now + .milliseconds(10)))
            }
            reportLoad(name)
            finish(index)
        case .wait(let time):
            finish(index)
            wait(index, for: .until(now + time))
        case .measure(let label, let path, let at, let count):
            let agents = try running(at).map(\.name)
            finish(index)
            wait(
                index,
                for: .measuring(Script.Measuring(label: label, path: path, agents: agents, left: count, begun: now)))
            sendMeasurement(index)
        case .report(let label, let datacenter, let status, let from):
            let kind = TopologyExpectation.Kind.seen(.serversOf(datacenter), isWAN: true, status: status, from: from)
            let expectation = TopologyExpectation(
                position: action.position, kind: kind, within: topology.duration, record: "")
            watch(expectation, .report(label: label), deadline: topology.duration)
            finish(index)
        case .partition, .bridge, .ring, .cut, .heal, .clog, .unclog, .slowDisk, .fullDisk, .mendDisk, .clockSkew,
            .clockJump:
            try performFault(action)
            mark(index)
            finish(index)
        }
    }

    static func target(of key: String, _ datacenter: String) -> String {
        "/v1/kv/\(percentEncoded(key, keeping: "/"))\(datacenter.isEmpty ? "" : "?dc=\(datacenter)")"
    }

    mutating func names(_ who: TopologySelector) throws(FederationReason) -> [String] {
        try view.names(who, asking: &clients)
    }

    mutating func running(_ who: TopologySelector) throws(FederationReason) -> [TopologyPlan.Agent] {
        try view.runningAgents(who, asking: &clients)
    }

    /// The present action is begun now.
    mutating func mark(_ index: Int) {
        scripts[index].mark = now
        say("  \(scripts[index].actions[0])", .action("\(scripts[index].actions[0])"))
    }

    /// The present action is done.
    mutating func finish(_ index: Int) {
        scripts[index].actions.removeFirst()
        wait(index, for: .none)
    }

    private mutating func replace(_ index: Int, with kinds: [TopologyAction.Kind]) {
        let action = scripts[index].actions[0]
        scripts[index].actions.replaceSubrange(
            0...0, with: kinds.map { TopologyAction(position: action.position, kind: $0) })
        wait(index, for: .none)
    }
}
