import ClientHTTP
import Configuration
import Glibc
import TopologyCore
import WireFormat

extension TopologyRun {
    mutating func perform(_ action: TopologyAction) throws(Failure) {
        try tick()
        switch action.kind {
        case .start(let selector): try start(try names(selector), "start \(selector)")
        case .restart(let selector, let disk):
            let names = try names(selector)
            if disk == .empty {
                for name in names where !view.running.contains(name) { try folder.emptyData(of: name) }
            }
            try start(names, "\(action)")
        case .rollingRestart(let selector, let pause): try restartInTurn(try names(selector), pause, selector)
        case .leave(let selector): try leave(try names(selector), "\(action)")
        case .forceLeave(let name, let at): try forceLeave(name, at)
        case .forget(let name, let at, let isForced):
            say("  \(action)")
            mark = .now
            if let agent = try running(at).first {
                try request("PUT", agent, TopologyAction.forgetting(name, isForced: isForced), [])
            }
        case .addServer(let name, _):
            view.added.insert(name)
            try start([name], "\(action)")
        case .removeDatacenter(let name):
            // Clients first: they leave through servers.
            try leave(try names(.clientsOf(name)), "clients of \(name) leave")
            try leave(try names(.serversOf(name)), "servers of \(name) leave")
        case .stop(let selector): try stop(try names(selector), selector)
        case .kill(let selector, let alias):
            let names = try names(selector)
            say("  kill \(selector)\(names.count == 1 ? ": \(names[0])" : "")")
            if let alias { view.aliases[alias] = names }
            signal(SIGKILL, names, isEnd: true)
            _ = processes.waitForEnd(of: names, timeout: .seconds(5))
            for name in names where view.running.contains(name) {
                wounds.remove("frozen \(name)")
                wounds.add("killed \(name)")
            }
        case .freeze(let selector):
            let names = try names(selector)
            say("  freeze \(selector)")
            signal(SIGSTOP, names, isEnd: false)
            for name in names where view.running.contains(name) { wounds.add("frozen \(name)") }
        case .resume(let selector):
            let names = try names(selector)
            say("  continue \(selector)")
            signal(SIGCONT, names, isEnd: false)
            for name in names { wounds.remove("frozen \(name)") }
        case .register(let selector): try register(try names(selector), selector)
        case .put(let key, let value, let at, let datacenter): try put(key, value, at, datacenter)
        case .delete(let key, let at, let datacenter):
            say("  \(action)")
            mark = .now
            let query = datacenter.isEmpty ? "" : "?dc=\(datacenter)"
            for agent in try running(at) {
                try request("DELETE", agent, "/v1/kv/\(percentEncoded(key, keeping: "/"))\(query)", [])
            }
        case .load(let load):
            say("  \(action)")
            mark = .now
            _ = try running(load.through)
            begin(load)
        case .finish(let name): finish(name)
        case .wait(let duration):
            say("  wait \(DurationText.text(duration))")
            try waitWatchfully(duration)
        case .measure(let label, let path, let at, let count): try measure(label, path, at, count)
        case .report(let label, let datacenter, let status, let from): try report(label, datacenter, status, from)
        case .partition, .bridge, .ring, .cut, .heal, .clog, .unclog:
            let changes = try action.kind.linkChanges { (who) throws(Failure) in try names(who) }
            say("  \(action)")
            mark = .now
            guard let state = network?.apply(changes) else { break }
            if state.isCut { wounds.add("cut") } else { wounds.remove("cut") }
            if state.isClogged { wounds.add("clog") } else { wounds.remove("clog") }
        case .fullDisk(let selector):
            let names = try names(selector)
            say("  \(action)")
            mark = .now
            try eachDisk(names, "full") { (disks, name) throws(FederationReason) in try disks.fill(name) }
        case .mendDisk(let selector):
            let names = try names(selector)
            say("  \(action)")
            mark = .now
            try eachDisk(names, nil) { (disks, name) throws(FederationReason) in try disks.mend(name) }
        case .slowDisk, .clockSkew, .clockJump:
            // `LiveLimits` has refused them.
            throw .step("\(action): needs --simulate", names: [])
        }
        refresh()
    }

    /// - Parameter wound: nil when it ends one.
    private mutating func eachDisk(
        _ names: [String], _ wound: String?, _ body: (MemoryDisks, String) throws(FederationReason) -> Void
    ) throws(Failure) {
        guard let disks else { return }
        for name in names {
            do throws(FederationReason) {
                try body(disks, name)
            } catch {
                throw .step("\(error)", names: [name])
            }
            if wound == nil { wounds.remove("disk \(name)") } else { wounds.add("disk \(name)") }
        }
    }

    /// Through those who run, whenever they do.
    mutating func begin(_ load: Topology.Load) {
        let names = (try? view.names(load.through)) ?? []
        view.loads[load.name] = LiveLoad(
            load, view.plan.agents.filter { names.contains($0.name) }, shared, http: options.http,
            seed: seed &+ UInt64(view.loads.count), began: began)
        shared.set(view)
    }

    private mutating func waitWatchfully(_ duration: Duration) throws(Failure) {
        let deadline = ContinuousClock.now + duration
        while ContinuousClock.now < deadline {
            try tick()
            pause(min(.milliseconds(50), deadline - .now))
        }
    }

    private mutating func restartInTurn(
        _ names: [String], _ pause: Duration, _ selector: TopologySelector
    ) throws(Failure) {
        say("  restart \(selector) one after the other")
        for (number, name) in names.enumerated() {
            if number > 0 { try waitWatchfully(pause) }
            view.running = processes.running()
            if view.running.contains(name) { try stop([name], .named(name)) }
            view.running = processes.running()
            try start([name], "start \(name)")
        }
    }

    /// Asks each to leave and waits for its end: handing over, telling both pools and leaving the peer set take at most
    /// 3 s, 12 s and 5 s.
    private mutating func leave(_ names: [String], _ what: String) throws(Failure) {
        say("  \(what)")
        mark = .now
        for name in names where processes.running().contains(name) {
            guard let agent = view.agent(name) else { continue }
            processes.expectEnd(of: name)
            try request("PUT", agent, "/v1/agent/leave", [])
            let left = processes.waitForEnd(of: [name], timeout: .seconds(25))
            guard left.isEmpty else { throw .step("\(name) did not end within 25s of leaving", names: [name]) }
        }
    }

    private mutating func forceLeave(_ name: String, _ at: TopologySelector) throws(Failure) {
        say("  force \(name) to leave at \(at)")
        mark = .now
        let home = view.agent(name)?.datacenter ?? ""
        for agent in try running(at) {
            let member = agent.datacenter == home ? name : "\(name).\(home)"
            try request("PUT", agent, "/v1/agent/force-leave/\(member)", [])
        }
    }

    private func names(_ selector: TopologySelector) throws(Failure) -> [String] {
        // A leader may be between two terms: give it the time of an election.
        let deadline = ContinuousClock.now + .seconds(5)
        while true {
            do throws(FederationReason) {
                return try view.names(selector)
            } catch {
                if Interruption.isRequested { throw .interrupted }
                guard ContinuousClock.now < deadline else { throw .step("\(selector): \(error)", names: []) }
            }
            pause(.milliseconds(50))
        }
    }

    private func running(_ selector: TopologySelector) throws(Failure) -> [TopologyPlan.Agent] {
        do throws(FederationReason) {
            return try view.runningAgents(selector)
        } catch {
            throw .step("\(selector): \(error)", names: [])
        }
    }

    private mutating func start(_ names: [String], _ what: String) throws(Failure) {
        let idle = names.filter { !view.running.contains($0) && view.exists($0) }
        say("  \(what)\(idle.count == names.count ? "" : " (\(idle.count) of \(names.count), the others run)")")
        mark = .now
        for name in idle {
            let words: [String]
            if let producer = view.plan.producers.first(where: { $0.definition.name == name }) {
                let listen = "\(producer.address):\(producer.definition.port)"
                words =
                    [options.program, "topology", "producer", "--listen", listen, "--body", name]
                    + producer.definition.behaviour.flatMap { ["--behaviour", BehaviourText.text($0)] }
            } else {
                words = [options.agentProgram, "agent", "-config-file=\(folder.configuration(of: name))"]
            }
            do {
                try processes.start(name, words, log: folder.log(of: name), network: network?.namespace(of: name))
                wounds.remove("killed \(name)")
            } catch {
                throw .step("\(name) cannot be started: \(error)", names: [])
            }
        }
    }

    private mutating func signal(_ signal: Int32, _ names: [String], isEnd: Bool) {
        mark = .now
        for name in names { processes.send(signal, to: name, isEnd: isEnd) }
    }

    private mutating func stop(_ names: [String], _ selector: TopologySelector) throws(Failure) {
        say("  stop \(selector)")
        signal(SIGTERM, names, isEnd: true)
        let left = processes.waitForEnd(of: names, timeout: .seconds(15))
        guard left.isEmpty else {
            throw .step(
                "did not end within 15s of SIGTERM: \(left.joined(separator: ", "))", names: Array(left.prefix(3)))
        }
    }

    private mutating func register(_ names: [String], _ selector: TopologySelector) throws(Failure) {
        say("  register \(selector)")
        mark = .now
        for producer in view.plan.producers where names.contains(producer.definition.name) {
            guard let agent = view.agent(producer.definition.node) else { continue }
            if producer.definition.registration == .catalog {
                try request("PUT", agent, "/v1/catalog/register", Array(producer.catalogForm.jsonText.utf8))
            } else {
                try request("PUT", agent, "/v1/agent/service/register", Array(producer.apiForm.jsonText.utf8))
            }
        }
    }

    private mutating func put(
        _ key: String, _ value: String, _ at: TopologySelector, _ datacenter: String
    ) throws(Failure) {
        let query = datacenter.isEmpty ? "" : "?dc=\(datacenter)"
        say("  put \(key) at \(at)\(datacenter.isEmpty ? "" : " for \(datacenter)")")
        mark = .now
        for agent in try running(at) {
            try request("PUT", agent, "/v1/kv/\(percentEncoded(key, keeping: "/"))\(query)", Array(value.utf8))
        }
    }

    private func request(
        _ method: String, _ agent: TopologyPlan.Agent, _ target: String, _ body: [UInt8]
    ) throws(Failure) {
        let answer: HTTPAnswer
        do throws(HTTPClientError) {
            answer = try options.http.perform(HTTPCall(method, "http://\(agent.address):8500", target, body: body))
        } catch {
            throw .step("\(agent.name): \(target): \(error)", names: [agent.name])
        }
        guard answer.status == 200, !answer.text.hasPrefix("false") else {
            let text = "\(agent.name): \(target) answers \(answer.status) \(answer.text.prefix(200))"
            throw .step(text, names: [agent.name])
        }
    }

    private func finish(_ name: String) {
        guard let load = view.loads[name] else { return }
        load.finish()
        let record = load.record
        say("  finish \(name): \(record.succeededCount) writes acknowledged, \(record.failedCount) failed")
        measurements.set(
            "\(name): writes acknowledged",
            "\(record.succeededCount), \(record.failedCount) failed, longest gap \(record.longestGap.shown)")
    }

    private func measure(_ label: String, _ path: String, _ at: TopologySelector, _ count: Int) throws(Failure) {
        var times: [Duration] = []
        let agents = try running(at)
        for number in 0..<count {
            if Interruption.isRequested { throw .interrupted }
            let agent = agents[number % agents.count]
            let begun = ContinuousClock.now
            do throws(FederationReason) {
                let answer = try view.get(agent, path)
                guard answer.status == 200 else {
                    throw FederationReason(
                        "\(agent.name): \(path) answers \(answer.status) \(answer.text.prefix(200))")
                }
            } catch {
                throw .step("\(label): \(error)", names: [agent.name])
            }
            times.append(ContinuousClock.now - begun)
        }
        times.sort()
        let (half, most) = (times[times.count / 2], times[min(times.count - 1, times.count * 99 / 100)])
        say("  measure \(label): p50 \(half.shown), p99 \(most.shown) of \(count)")
        measurements.set(label, "p50 \(half.shown), p99 \(most.shown)")
    }

    /// Watches beside the run; `conclude` says of what was not seen by the end for how long it was watched.
    private mutating func report(
        _ label: String, _ datacenter: String, _ status: String, _ from: TopologySelector
    ) throws(Failure) {
        let agents = try running(from)
        let expectedCount = view.servers(of: datacenter).count
        let (view, measurements, watching, begun) = (self.view, self.measurements, self.watching, ContinuousClock.now)
        say("  report \(label)")
        reports.append((label, begun))
        let watch = { @Sendable () -> Bool in
            while !watching.isOn {
                let isSeen = agents.allSatisfy { agent in
                    let members = (try? view.members(agent, true)) ?? []
                    let matching = members.filter { $0.datacenter == datacenter && $0.status == status }
                    return matching.count == expectedCount
                }
                if isSeen {
                    measurements.set(label, (ContinuousClock.now - begun).shown)
                    return true
                }
                pause(.milliseconds(250))
            }
            return false
        }
        _ = ThreadedWork([watch])
    }
}
