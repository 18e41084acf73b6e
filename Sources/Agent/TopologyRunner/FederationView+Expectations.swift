import ClientHTTP
import Glibc
import TopologyCore
import WireFormat

extension FederationView {
    /// That an expectation holds, with what was seen.
    struct Held: Sendable {
        var evidence = ""
        /// When it came to hold; nil: at the time of looking.
        var since: ContinuousClock.Instant?
    }

    /// Looks once.
    /// - Parameter mark: when the step's last action was begun.
    /// - Throws: why the expectation does not hold now.
    func check(_ kind: TopologyExpectation.Kind, since mark: ContinuousClock.Instant) throws(Reason) -> Held {
        switch kind {
        case .leader(let datacenters):
            var leaders: [String] = []
            for datacenter in datacenters { leaders.append(try leader(of: datacenter)) }
            return Held(evidence: leaders.joined(separator: ", "))
        case .members(let count, let isWAN, let status, let from):
            try checkMembers(count, isWAN, status, try runningAgents(from))
            return Held()
        case .instances(let names, let service, let datacenter, let from, let views):
            for agent in try runningAgents(from) {
                for view in views { try checkInstances(names, service, datacenter, agent, view) }
            }
            return Held()
        case .key(let key, let value, let from, let datacenter, let mode):
            for agent in try runningAgents(from) { try checkKey(key, value, agent, datacenter, mode) }
            return Held()
        case .verdict(let datacenter, let words, let from):
            var evidence = ""
            for agent in try runningAgents(from) { evidence = try checkVerdict(datacenter, words, agent) }
            return Held(evidence: evidence)
        case .refused(let path, let from, let limit, let says):
            var evidence = ""
            for agent in try runningAgents(from) { evidence = try checkRefused(path, agent, limit, says) }
            return Held(evidence: evidence)
        case .writes(let name):
            guard let load = loads[name] else { throw Reason("the load does not run") }
            guard let moment = load.firstAcknowledged(begunAfter: mark) else {
                throw Reason("no write begun since was acknowledged, \(load.uncertainCount) failed")
            }
            return Held(since: moment)
        case .nothingLost(let name, let from):
            guard let load = loads[name] else { throw Reason("the load does not run") }
            for agent in try runningAgents(from) { try checkNothingLost(load, agent) }
            return Held(evidence: "\(load.acknowledged.count) acknowledged, \(load.uncertainCount) failed")
        case .caughtUp(let selector):
            for agent in try runningAgents(selector) { try checkCaughtUp(agent) }
            return Held()
        case .stopped(let selector):
            for name in try names(selector) {
                guard let group = groups[name] else { continue }
                if kill(-group, 0) == 0 || errno == EPERM { throw Reason("\(name) (pid \(group)) still runs") }
            }
            return Held()
        case .leaders(let count, let datacenter):
            let leaders = ownLeaders(of: datacenter)
            guard leaders.count == count else {
                throw Reason("\(datacenter) has \(leaders.count): \(leaders.joined(separator: ", "))")
            }
            return Held(evidence: leaders.joined(separator: ", "))
        case .seen(let who, let isWAN, let status, let from):
            try checkSeen(try names(who), isWAN, status, try runningAgents(from))
            return Held()
        case .errorRate, .latency, .linearizable:
            // `LiveLimits` has refused them.
            throw Reason("is only seen in a simulation")
        }
    }

    private static let statuses = ["none", "alive", "leaving", "left", "failed"]

    private func checkMembers(
        _ count: Int, _ isWAN: Bool, _ status: String, _ agents: [TopologyPlan.Agent]
    ) throws(Reason) {
        for agent in agents {
            let seen = try members(agent, isWAN)
            let matching = seen.filter { $0.status == status }
            guard matching.count == count else {
                let others = seen.filter { $0.status != status }.map { "\($0.name) \($0.status)" }
                let rest = others.isEmpty ? "" : "; \(others.joined(separator: ", "))"
                throw Reason("\(agent.name): \(matching.count) members are \(status)\(rest)")
            }
        }
    }

    /// The running servers that name themselves as leader; one that does not answer does not.
    private func ownLeaders(of datacenter: String) -> [String] {
        plan.agents.filter { agent in
            guard agent.datacenter == datacenter, agent.isServer, running.contains(agent.name) else { return false }
            return (try? json(agent, "/v1/status/leader").text) == "\(agent.address):8300"
        }.map(\.name)
    }

    private func checkSeen(
        _ names: [String], _ isWAN: Bool, _ status: String, _ agents: [TopologyPlan.Agent]
    ) throws(Reason) {
        let wanted = plan.agents.filter { names.contains($0.name) && (!isWAN || $0.isServer) }
        for agent in agents {
            let seen = try members(agent, isWAN)
            for other in wanted where isWAN || other.datacenter == agent.datacenter {
                let name = isWAN ? "\(other.name).\(other.datacenter)" : other.name
                let found = seen.first { $0.name == name }?.status ?? "unknown"
                guard found == status else { throw Reason("\(agent.name): \(name) is \(found)") }
            }
        }
    }

    func members(_ agent: TopologyPlan.Agent, _ isWAN: Bool) throws(Reason) -> [(
        name: String, datacenter: String, status: String
    )] {
        (try json(agent, "/v1/agent/members\(isWAN ? "?wan=1" : "")").items ?? []).map { member in
            let status = member["Status"]?.integer.flatMap {
                Self.statuses.indices.contains($0) ? Self.statuses[$0] : nil
            }
            return (member["Name"]?.text ?? "", member["Tags"]?["dc"]?.text ?? "", status ?? "unknown")
        }
    }

    private func checkInstances(
        _ names: [String], _ service: String, _ datacenter: String, _ agent: TopologyPlan.Agent,
        _ view: TopologyExpectation.View
    ) throws(Reason) {
        let expected = plan.producers.filter { names.contains($0.definition.name) }
        let domain = "\(service).service.\(datacenter.isEmpty ? "" : "\(datacenter).")consul"
        let (found, wanted): ([String], [String])
        switch view {
        case .http:
            let query = datacenter.isEmpty ? "?passing" : "?dc=\(datacenter)&passing"
            let entries = try json(agent, "/v1/health/service/\(service)\(query)").items ?? []
            found = entries.map { $0["Service"]?["ID"]?.text ?? "" }.sorted()
            wanted = names
        case .dns:
            found = try ask(domain, .address, agent).addresses.map(\.address).sorted()
            wanted = expected.map(\.address).sorted()
        case .srv:
            let answer = try ask(domain, .service, agent)
            found = answer.services.map { record in
                let address = answer.addresses.first { $0.name == record.target }?.address
                return "\(address ?? record.target):\(record.port)"
            }.sorted()
            wanted = expected.map { "\($0.address):\($0.definition.port)" }.sorted()
        }
        // A UDP answer holds three records unless configured otherwise.
        let isComplete = found == wanted || view != .http && found.count >= 3 && Set(found).isSubset(of: wanted)
        guard isComplete else {
            let shown = found.isEmpty ? "none" : found.joined(separator: ", ")
            throw Reason("\(agent.name) by \(view.rawValue): \(shown) instead of \(wanted.joined(separator: ", "))")
        }
    }

    private func ask(_ name: String, _ kind: DNSQuestion.Kind, _ agent: TopologyPlan.Agent) throws(Reason)
        -> DNSQuestion.Answer
    {
        do {
            return try DNSQuestion.ask(name, kind, server: agent.address)
        } catch {
            throw Reason("\(agent.name): \(name): \(error)")
        }
    }

    private func checkKey(
        _ key: String, _ value: String?, _ agent: TopologyPlan.Agent, _ datacenter: String,
        _ mode: TopologyExpectation.ReadMode
    ) throws(Reason) {
        var query = datacenter.isEmpty ? [] : ["dc=\(datacenter)"]
        if mode != .standard { query.append(mode.rawValue) }
        let target =
            "/v1/kv/\(percentEncoded(key, keeping: "/"))\(query.isEmpty ? "" : "?" + query.joined(separator: "&"))"
        let answer = try get(agent, target)
        guard answer.status != 404 else {
            if value == nil { return }
            throw Reason("\(agent.name): \(target) does not exist")
        }
        guard answer.status == 200, let json = try? JSONReader.read(answer.body) else {
            throw Reason("\(agent.name): \(target) answers \(answer.status) \(answer.text.prefix(200))")
        }
        let bytes = Base64.decode(json.items?.first?["Value"]?.text ?? "") ?? []
        let found = String(decoding: bytes, as: UTF8.self)
        guard found == value else { throw Reason("\(agent.name): \(target) is \"\(found)\"") }
    }

    private func checkVerdict(_ datacenter: String, _ words: [String], _ agent: TopologyPlan.Agent) throws(Reason)
        -> String
    {
        let reports = try json(agent, "/v1/federation/datacenters").items ?? []
        guard let report = reports.first(where: { $0["Datacenter"]?.text == datacenter }) else {
            throw Reason("\(agent.name) does not know \(datacenter)")
        }
        let verdict = report["Verdict"]?.text ?? ""
        let evidence = report["Reason"]?.text ?? ""
        guard words.contains(verdict) else { throw Reason("\(agent.name): \(datacenter) is \(verdict) (\(evidence))") }
        return evidence
    }

    private func checkRefused(_ path: String, _ agent: TopologyPlan.Agent, _ limit: Duration, _ says: String)
        throws(Reason) -> String
    {
        let begun = ContinuousClock.now
        let answer = try get(agent, path, timeout: limit)
        let time = ContinuousClock.now - begun
        guard answer.status >= 400 else { throw Reason("\(agent.name): \(path) answers \(answer.status)") }
        let label = answer.header("x-isthmus-error") ?? ""
        let text = answer.text.prefix { $0 != "\n" }
        guard says.isEmpty || text.contains(says) || label.contains(says) else {
            throw Reason("\(agent.name): \(path) answers \(answer.status) \(label) \(text) without \"\(says)\"")
        }
        return "\(answer.status) \(text)\(label.isEmpty ? "" : " (\(label))") in \(time.shown)"
    }

    private func checkNothingLost(_ load: WriteLoad, _ agent: TopologyPlan.Agent) throws(Reason) {
        let target = "/v1/kv/\(load.prefix)?recurse&consistent"
        let answer = try get(agent, target, timeout: .seconds(10))
        guard answer.status == 200, let json = try? JSONReader.read(answer.body) else {
            throw Reason("\(agent.name): \(target) answers \(answer.status) \(answer.text.prefix(200))")
        }
        var found: [String: String] = [:]
        for entry in json.items ?? [] { found[entry["Key"]?.text ?? ""] = entry["Value"]?.text ?? "" }
        let missing = load.acknowledged.filter { write in
            found[write.key].flatMap { Base64.decode($0) } != Array(write.key.utf8)
        }
        guard missing.isEmpty else {
            let shown = missing.prefix(5).map(\.key).joined(separator: ", ")
            let counts = "\(missing.count) of \(load.acknowledged.count) acknowledged writes are missing"
            throw Reason("\(agent.name): \(counts): \(shown)")
        }
    }

    private func checkCaughtUp(_ agent: TopologyPlan.Agent) throws(Reason) {
        let name = try leader(of: agent.datacenter)
        guard let leader = self.agent(name) else { throw Reason("no leader") }
        let expected = try get(leader, "/v1/kv/?recurse&consistent", timeout: .seconds(10))
        let found = try get(agent, "/v1/kv/?recurse&stale", timeout: .seconds(10))
        guard expected.status == found.status, expected.body == found.body else {
            let counts = [expected, found].map { (try? JSONReader.read($0.body))?.items?.count ?? 0 }
            throw Reason("\(agent.name) holds \(counts[1]) keys, the leader \(name) \(counts[0]), or other values")
        }
    }
}
