import WireFormat

extension FederationView {
    func checkLoad(
        _ kind: TopologyExpectation.Kind, since mark: Duration, asking asker: inout some FederationAsker
    ) throws(FederationReason) -> Held {
        switch kind {
        case .writes(let name):
            let load = try record(name)
            guard let moment = load.firstSuccess(begunAfter: mark) else {
                throw FederationReason("no write begun since was acknowledged, \(load.failedCount) failed")
            }
            return Held(since: moment)
        case .nothingLost(let name, let from):
            let load = try record(name)
            for agent in try runningAgents(from, asking: &asker) { try checkNothingLost(load, agent, asking: &asker) }
            return Held(evidence: "\(load.succeededCount) acknowledged, \(load.failedCount) failed")
        case .errorRate(let name, let below, let over):
            let requests = try record(name).recent(over, at: now)
            guard !requests.isEmpty else { throw FederationReason("no request of \(name) has ended") }
            let failed = requests.count { $0.outcome != .succeeded }
            let text = "\(failed) of \(requests.count) failed"
            guard Double(failed) < below * Double(requests.count) || failed == 0 else { throw FederationReason(text) }
            return Held(evidence: text)
        case .latency(let name, let percentile, let limit, let over):
            let (time, count) = try quantile(percentile, of: name, over: over)
            var text = "p\(percentile) \(time.shown) of \(count)"
            let longest: Duration
            switch limit {
            case .time(let limit): longest = limit
            case .times(let factor, let other):
                let (base, count) = try quantile(percentile, of: other, over: nil)
                longest = base * factor
                text += ", \(other): \(base.shown) of \(count)"
            }
            guard time <= longest else { throw FederationReason(text) }
            return Held(evidence: text)
        case .linearizable(let name): return Held(evidence: try checkLinearizable(try record(name)))
        default: return Held()
        }
    }

    /// - Returns: that percentile of the answers' times, and how many they are.
    private func quantile(
        _ percentile: Int, of name: String, over: Duration?
    ) throws(FederationReason) -> (Duration, count: Int) {
        let times = try record(name).recent(over, at: now).filter { $0.outcome == .succeeded }
            .map { $0.ended - $0.begun }.sorted()
        guard !times.isEmpty else { throw FederationReason("no request of \(name) has succeeded") }
        return (times[min(times.count - 1, times.count * percentile / 100)], times.count)
    }

    private func record(_ name: String) throws(FederationReason) -> LoadRecord {
        guard let load = loads[name] else { throw FederationReason("the load \(name) does not run") }
        return load
    }

    private func checkNothingLost(
        _ load: LoadRecord, _ agent: TopologyPlan.Agent, asking asker: inout some FederationAsker
    ) throws(FederationReason) {
        let datacenter = load.load.datacenter.isEmpty ? "" : "&dc=\(load.load.datacenter)"
        let target = "/v1/kv/\(load.load.prefix)?recurse&consistent\(datacenter)"
        let answer = try get(agent, target, timeout: .seconds(10), asking: &asker)
        let expected = load.expectedValues
        if answer.status == 404 && expected.isEmpty { return }
        guard answer.status == 200, let json = try? JSONReader.read(answer.body) else {
            throw FederationReason("\(agent.name): \(target) answers \(answer.status) \(answer.text.prefix(200))")
        }
        var found: [String: String] = [:]
        for entry in json.items ?? [] {
            let bytes = Base64.decode(entry["Value"]?.text ?? "") ?? []
            found[entry["Key"]?.text ?? ""] = String(decoding: bytes, as: UTF8.self)
        }
        let missing = expected.filter { entry in found[entry.key].map { !entry.allowed.contains($0) } ?? true }
        guard missing.isEmpty else {
            let shown = missing.prefix(5).map(\.key).joined(separator: ", ")
            throw FederationReason(
                "\(agent.name): \(missing.count) of \(expected.count) keys lost an acknowledged write: \(shown)")
        }
    }

    /// The load's own requests, and those of loads that read its keys without `stale`.
    private func checkLinearizable(_ load: LoadRecord) throws(FederationReason) -> String {
        let readers = loads.keys.sorted().compactMap { loads[$0] }.filter {
            $0.load.keysOf == load.load.name && $0.load.mode != .stale
        }
        var histories: [String: [LoadRecord.Request]] = [:]
        for request in load.requests + load.openWrites { histories[request.key, default: []].append(request) }
        for reader in readers {
            for request in reader.requests { histories[request.key, default: []].append(request) }
        }
        for key in histories.keys.sorted() {
            if let violation = RegisterHistory.violation(histories[key] ?? [], of: key) {
                throw FederationReason(violation)
            }
        }
        let readCount = readers.reduce(0) { $0 + $1.succeededCount }
        return "\(histories.count) keys, \(load.succeededCount) requests, \(readCount) reads"
    }
}
