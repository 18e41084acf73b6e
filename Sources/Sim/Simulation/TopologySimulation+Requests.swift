import Configuration
import HTTPCore
import TopologyCore

// Requests of actions: each must be answered with 200.
extension TopologySimulation {
    mutating func register(_ names: [String], _ index: Int) {
        mark(index)
        finish(index)
        for producer in view.plan.producers where names.contains(producer.definition.name) {
            guard let agent = view.agent(producer.definition.node) else { continue }
            let isCatalog = producer.definition.registration == .catalog
            let form = isCatalog ? producer.catalogForm : producer.apiForm
            let target = isCatalog ? "/v1/catalog/register" : "/v1/agent/service/register"
            send("PUT", target, Array(form.jsonText.utf8), to: [agent], index)
        }
    }

    /// The script goes on when all have been answered.
    mutating func send(
        _ method: String, _ target: String, _ body: [UInt8], to agents: [TopologyPlan.Agent], _ index: Int
    ) {
        for agent in agents {
            guard let host = federation.hostOf[agent.name] else { continue }
            let request = HTTPRequest(method: method, target: target, body: body)
            let id = clients.world.http(request, at: host, timeout: Self.endTimeout)
            actionRequests[id] = (script: index, what: "\(agent.name): \(target)")
            if case .answers(let count) = scripts[index].wait {
                wait(index, for: .answers(count + 1))
            } else {
                wait(index, for: .answers(1))
            }
        }
    }

    mutating func answered(_ index: Int, _ what: String, _ answer: ClientAnswer) throws(Failure) {
        if case .measuring = scripts[index].wait { return try measured(index, what, answer) }
        switch answer {
        case .http(let response) where response.status == 200 && !response.text.hasPrefix("false"): break
        case .http(let response):
            throw Failure(description: "\(what) answers \(response.status) \(response.text.prefix(200))")
        case .failed(let reason): throw Failure(description: "\(what): \(reason)")
        case .dns: break
        }
        guard case .answers(let count) = scripts[index].wait else { return }
        wait(index, for: .answers(count - 1))
        guard count == 1 else { return }
        scripts[index].isReady = true
        let ending = scripts[index].endingAfterAnswers
        scripts[index].endingAfterAnswers = []
        if !ending.isEmpty { wait(index, for: .ended(ending, deadline: now + Self.endTimeout)) }
    }

    // MARK: Measuring

    mutating func sendMeasurement(_ index: Int) {
        guard case .measuring(var state) = scripts[index].wait, !state.agents.isEmpty else { return }
        let agent = state.agents[state.times.count % state.agents.count]
        guard let host = federation.hostOf[agent] else { return }
        state.begun = now
        wait(index, for: .measuring(state))
        let request = HTTPRequest(method: "GET", target: state.path)
        let id = clients.world.http(request, at: host, timeout: .seconds(2))
        actionRequests[id] = (script: index, what: "\(agent): \(state.path)")
    }

    private mutating func measured(_ index: Int, _ what: String, _ answer: ClientAnswer) throws(Failure) {
        guard case .measuring(var state) = scripts[index].wait else { return }
        switch answer {
        case .http(let response) where response.status == 200: break
        case .http(let response):
            throw Failure(description: "\(what) answers \(response.status) \(response.text.prefix(200))")
        case .failed(let reason): throw Failure(description: "\(what): \(reason)")
        case .dns: break
        }
        state.times.append(now - state.begun)
        state.left -= 1
        wait(index, for: .measuring(state))
        guard state.left == 0 else { return sendMeasurement(index) }
        let times = state.times.sorted()
        let (half, most) = (times[times.count / 2], times[min(times.count - 1, times.count * 99 / 100)])
        measure(state.label, "p50 \(half.shown), p99 \(most.shown)")
        wait(index, for: .none)
        scripts[index].isReady = true
    }

    /// A row of the table at the end; of one label the last counts.
    mutating func measure(_ label: String, _ value: String) {
        if let place = report.measurements.firstIndex(where: { $0.label == label }) {
            report.measurements[place].value = value
        } else {
            report.measurements.append((label: label, value: value))
        }
    }
}
