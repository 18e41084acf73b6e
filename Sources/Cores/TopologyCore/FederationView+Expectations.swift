import WireFormat

extension FederationView {
    /// That an expectation holds, with what was seen.
    package struct Held: Sendable {
        package var evidence = ""
        /// When it came to hold, since the run began; nil: at the time of looking.
        package var since: Duration?
    }

    /// Looks once.
    /// - Parameter mark: when the step's last action was begun.
    /// - Throws: why the expectation does not hold now.
    package func check(
        _ kind: TopologyExpectation.Kind, since mark: Duration, asking asker: inout some FederationAsker
    ) throws(FederationReason) -> Held {
        switch kind {
        case .leader(let datacenters):
            var leaders: [String] = []
            for datacenter in datacenters { leaders.append(try leader(of: datacenter, asking: &asker)) }
            return Held(evidence: leaders.joined(separator: ", "))
        case .leaders(let count, let datacenter):
            return Held(evidence: try checkLeaders(count, datacenter, asking: &asker))
        case .members, .seen: return try checkPools(kind, asking: &asker)
        case .instances(let names, let service, let datacenter, let from, let views):
            for agent in try runningAgents(from, asking: &asker) {
                for view in views { try checkInstances(names, service, datacenter, agent, view, asking: &asker) }
            }
            return Held(evidence: names.isEmpty ? "none" : names.joined(separator: ", "))
        case .key(let key, let value, let from, let datacenter, let mode):
            for agent in try runningAgents(from, asking: &asker) {
                try checkKey(key, value, agent, datacenter, mode, asking: &asker)
            }
            return Held()
        case .verdict(let datacenter, let words, let scope, let from):
            var evidence = ""
            for agent in try runningAgents(from, asking: &asker) {
                evidence = try checkVerdict(datacenter, words, scope, agent, asking: &asker)
            }
            return Held(evidence: evidence)
        case .cutNamed(let from, let to, let isAbsent, let asked):
            for agent in try runningAgents(asked, asking: &asker) {
                try checkCut(from: from, to: to, isAbsent: isAbsent, agent, asking: &asker)
            }
            return Held()
        case .forgotten(let datacenter, let from):
            for agent in try runningAgents(from, asking: &asker) {
                try checkForgotten(datacenter, agent, asking: &asker)
            }
            return Held()
        case .resolves(let name, let code, let limit, let from):
            for agent in try runningAgents(from, asking: &asker) {
                try checkCode(name, code, limit, agent, asking: &asker)
            }
            return Held()
        case .answers(let answer, let from):
            var evidence = ""
            for agent in try runningAgents(from, asking: &asker) {
                evidence = try checkAnswer(answer, agent, asking: &asker)
            }
            return Held(evidence: evidence)
        case .refused(let path, let from, let limit, let says):
            var evidence = ""
            for agent in try runningAgents(from, asking: &asker) {
                evidence = try checkRefused(path, agent, limit, says, asking: &asker)
            }
            return Held(evidence: evidence)
        case .caughtUp(let selector):
            for agent in try runningAgents(selector, asking: &asker) { try checkCaughtUp(agent, asking: &asker) }
            return Held()
        case .stopped(let selector):
            for name in try names(selector, asking: &asker) where leftProcesses.contains(name) {
                throw FederationReason("\(name) still runs")
            }
            return Held()
        case .writes, .nothingLost, .errorRate, .latency, .linearizable:
            return try checkLoad(kind, since: mark, asking: &asker)
        }
    }

    private func checkLeaders(
        _ count: Int, _ datacenter: String, asking asker: inout some FederationAsker
    ) throws(FederationReason) -> String {
        var leaders: [String] = []
        for server in plan.agents
        where server.datacenter == datacenter && server.isServer && running.contains(server.name) {
            do throws(FederationReason) {
                let stats = try json(server, "/v1/agent/self", asking: &asker)["Stats"]
                if stats?["raft"]?["state"]?.text == "Leader" { leaders.append(server.name) }
            } catch where error.isPending {
                throw error
            } catch {
                // One that does not answer leads nobody.
            }
        }
        guard leaders.count == count else {
            let names = leaders.isEmpty ? "" : ": \(leaders.joined(separator: ", "))"
            throw FederationReason("\(datacenter) has \(leaders.count) leaders\(names)")
        }
        return leaders.joined(separator: ", ")
    }

    private func checkInstances(
        _ names: [String], _ service: String, _ datacenter: String, _ agent: TopologyPlan.Agent,
        _ view: TopologyExpectation.View, asking asker: inout some FederationAsker
    ) throws(FederationReason) {
        let expected = plan.producers.filter { names.contains($0.definition.name) }
        let domain = "\(service).service.\(datacenter.isEmpty ? "" : "\(datacenter).")consul"
        var (found, wanted): ([String], [String])
        switch view {
        case .http:
            let query = datacenter.isEmpty ? "?passing" : "?dc=\(datacenter)&passing"
            let entries = try json(agent, "/v1/health/service/\(service)\(query)", asking: &asker).items ?? []
            found = entries.map { $0["Service"]?["ID"]?.text ?? "" }
            wanted = names
        case .dns:
            found = try dns(agent, domain, .address, asking: &asker).addresses.map(\.address)
            if expected.contains(where: { $0.definition.family == .ipv6 }) {
                found += try dns(agent, domain, .addressIPv6, asking: &asker).addresses.map(\.address)
            }
            wanted = expected.map(\.address)
        case .srv:
            let answer = try dns(agent, domain, .service, asking: &asker)
            found = answer.services.map { record in
                let address = answer.addresses.first { $0.name == record.target }?.address
                return "\(address ?? record.target):\(record.port)"
            }
            wanted = expected.map { "\($0.address):\($0.definition.port)" }
        }
        found.sort()
        wanted.sort()
        // A UDP answer holds three records unless configured otherwise.
        let isComplete = found == wanted || view != .http && found.count >= 3 && Set(found).isSubset(of: wanted)
        guard isComplete else {
            let shown = found.isEmpty ? "none" : found.joined(separator: ", ")
            throw FederationReason(
                "\(agent.name) by \(view.rawValue): \(shown) instead of \(wanted.joined(separator: ", "))")
        }
    }

    private func checkKey(
        _ key: String, _ value: String?, _ agent: TopologyPlan.Agent, _ datacenter: String,
        _ mode: TopologyExpectation.ReadMode, asking asker: inout some FederationAsker
    ) throws(FederationReason) {
        let target = Self.keyTarget(key, datacenter, mode)
        let answer = try get(agent, target, asking: &asker)
        guard answer.status != 404 else {
            if value == nil { return }
            throw FederationReason("\(agent.name): \(target) does not exist")
        }
        guard answer.status == 200 else {
            throw FederationReason("\(agent.name): \(target) answers \(answer.status) \(answer.text.prefix(200))")
        }
        let found = Self.value(in: answer.body)
        guard let found, found == value else {
            throw FederationReason("\(agent.name): \(target) is \"\(found ?? "unreadable")\"")
        }
    }

    /// Of a read of one key.
    package static func keyTarget(
        _ key: String, _ datacenter: String, _ mode: TopologyExpectation.ReadMode
    ) -> String {
        var query = datacenter.isEmpty ? [] : ["dc=\(datacenter)"]
        if mode != .standard { query.append(mode.rawValue) }
        return "/v1/kv/\(percentEncoded(key, keeping: "/"))\(query.isEmpty ? "" : "?" + query.joined(separator: "&"))"
    }

    /// The value in the answer to a read of one key.
    package static func value(in body: [UInt8]) -> String? {
        guard let json = try? JSONReader.read(body), let entry = json.items?.first else { return nil }
        let bytes = Base64.decode(entry["Value"]?.text ?? "") ?? []
        return String(decoding: bytes, as: UTF8.self)
    }

    private func checkRefused(
        _ path: String, _ agent: TopologyPlan.Agent, _ limit: Duration, _ says: String,
        asking asker: inout some FederationAsker
    ) throws(FederationReason) -> String {
        let answer = try get(agent, path, timeout: limit, asking: &asker)
        guard answer.status >= 400 else { throw FederationReason("\(agent.name): \(path) answers \(answer.status)") }
        let label = answer.header("x-isthmus-error") ?? ""
        let text = answer.text.prefix { $0 != "\n" }
        guard says.isEmpty || text.contains(says) || label.contains(says) else {
            throw FederationReason(
                "\(agent.name): \(path) answers \(answer.status) \(label) \(text) without \"\(says)\"")
        }
        return "\(answer.status) \(text)\(label.isEmpty ? "" : " (\(label))") in \(answer.time.shown)"
    }

    private func checkCaughtUp(
        _ agent: TopologyPlan.Agent, asking asker: inout some FederationAsker
    ) throws(FederationReason) {
        let name = try leader(of: agent.datacenter, asking: &asker)
        guard let leader = self.agent(name) else { throw FederationReason("no leader") }
        let expected = try get(leader, "/v1/kv/?recurse&consistent", timeout: .seconds(10), asking: &asker)
        let found = try get(agent, "/v1/kv/?recurse&stale", timeout: .seconds(10), asking: &asker)
        guard expected.status == found.status, expected.body == found.body else {
            let counts = [expected, found].map { (try? JSONReader.read($0.body))?.items?.count ?? 0 }
            throw FederationReason(
                "\(agent.name) holds \(counts[1]) keys, the leader \(name) \(counts[0]), or other values")
        }
    }
}
