import Determinism
import HTTPCore
import TopologyCore

// Loads: what they send, and what the answers say.
extension TopologySimulation {
    mutating func begin(_ load: Topology.Load) {
        guard let names = try? names(load.through) else { return }
        let agents = names.filter { federation.hostOf[$0] != nil }
        loads.append(SimulatedLoad(load, agents: agents, at: now))
        view.loads[load.name] = LoadRecord(load)
    }

    mutating func workLoads() throws(Failure) {
        for place in loads.indices where loads[place].nextDue <= now {
            for number in loads[place].requesters.indices {
                let requester = loads[place].requesters[number]
                if requester.id == nil && requester.nextDue <= now { send(place, number) }
            }
        }
    }

    private mutating func send(_ place: Int, _ number: Int) {
        loads[place].requesters[number].nextDue = now + loads[place].interval
        // Nobody to ask: as if it had not been due.
        guard let target = loads[place].nextTarget(of: number, running: view.running),
            let host = federation.hostOf[loads[place].agents[target]]
        else { return }
        loads[place].requesters[number].target = target
        loads[place].requesters[number].host = host
        let (request, sent) = makeRequest(place)
        loads[place].requesters[number].request = sent
        let id = clients.world.http(request, at: host, timeout: SimulatedLoad.timeout)
        loads[place].requesters[number].id = id
        loadRequests[id] = (load: place, requester: number)
    }

    private mutating func makeRequest(_ place: Int) -> (HTTPRequest, LoadRecord.Request) {
        let load = loads[place].load
        loads[place].count += 1
        let written = loads.first { $0.record == load.keysOf }.map { (load: $0.load, count: $0.count) }
        let call = load.call(number: loads[place].count, written: written, using: &random)
        return (HTTPRequest(method: call.method, target: call.target, body: call.body), call.record(begun: now))
    }

    mutating func loadAnswered(_ id: UInt64, _ answer: ClientAnswer) throws(Failure) {
        guard let (place, number) = loadRequests.removeValue(forKey: id),
            var request = loads[place].requesters[number].request
        else { return }
        request.ended = now
        request.outcome = outcome(of: answer)
        if case .http(let response) = answer, request.outcome == .succeeded {
            if !request.isWrite && loads[place].load.kind == .kvRead {
                request.value = response.status == 200 ? loads[place].value(of: request.key, in: response.body) : nil
            }
            try checkStale(place, loads[place].requesters[number].host, request.key, response)
        }
        view.loads[loads[place].record]?.requests.append(request)
        loads[place].requesters[number].id = nil
        loads[place].requesters[number].request = nil
        if !loads[place].isFinished { loadDue = min(loadDue, loads[place].requesters[number].nextDue) }
        if request.outcome != .succeeded {
            let next = loads[place].requesters[number].target + 1
            loads[place].requesters[number].target = next % max(1, loads[place].agents.count)
        }
    }

    private func outcome(of answer: ClientAnswer) -> LoadRecord.Outcome {
        switch answer {
        case .http(let response):
            LoadRecord.Outcome(
                status: response.status, error: response.header("X-Isthmus-Error"), body: response.body)
        case .failed(let reason): reason == "connection refused" ? .refused : .unknown
        case .dns: .unknown
        }
    }

    /// Stale reads of one server never go back while it runs.
    private mutating func checkStale(
        _ place: Int, _ host: Int, _ key: String, _ response: HTTPResponse
    ) throws(Failure) {
        guard loads[place].load.mode == .stale else { return }
        let load = loads[place].load
        let isOwn = load.datacenter.isEmpty || load.datacenter == datacenter(of: host)
        guard isOwn, federation.plan.agents[host].isServer,
            let index = response.header("X-Consul-Index").flatMap({ UInt64($0) })
        else { return }
        let session = StaleSession(host: host, life: clients.world.life(of: host), kind: load.kind, key: key)
        if let floor = staleFloors[session], index < floor {
            throw Failure(
                description: "stale reads went back: \(clients.world.hosts[host]) shows \(key) at index \(index) "
                    + "after \(floor)")
        }
        staleFloors[session] = index
    }

    mutating func reportLoad(_ name: String) {
        guard let record = view.loads[name] else { return }
        let text = "\(record.succeededCount) acknowledged, \(record.failedCount) failed, "
            + "longest gap \(record.longestGap.shown)"
        say("  finish \(name): \(text)")
        measure(name, text)
        view.loads[name]?.isFinished = true
    }
}
