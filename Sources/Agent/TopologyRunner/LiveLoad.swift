import ClientHTTP
import Determinism
import Synchronization
import TopologyCore

/// Requests in a steady rhythm through agents that run, and what came of them.
final class LiveLoad: Sendable {
    /// A request without an answer is given up.
    private static let timeout = Duration.seconds(5)

    private struct State {
        var record: LoadRecord
        var next = 0
        var random: SeededRandom
    }

    let load: Topology.Load
    private let state: Mutex<State>
    private let began: ContinuousClock.Instant
    private let stop = StopSwitch()
    private let agents: [TopologyPlan.Agent]
    private let shared: SharedFederation
    private let interval: Duration
    private let http: any HTTPClient
    private let work: Mutex<ThreadedWork<Bool>?> = Mutex(nil)

    /// One requester per agent, so that an agent that holds a request does not hold the others.
    /// - Parameter began: when the run began.
    init(
        _ load: Topology.Load, _ agents: [TopologyPlan.Agent], _ shared: SharedFederation, http: any HTTPClient,
        seed: UInt64, began: ContinuousClock.Instant
    ) {
        self.load = load
        state = Mutex(State(record: LoadRecord(load), random: SeededRandom(seed: seed)))
        (self.agents, self.shared, self.http, self.began) = (agents, shared, http, began)
        interval = .nanoseconds(1_000_000_000 * Int64(max(1, agents.count)) / Int64(max(1, load.rate)))
        let jobs = agents.indices.map { index in { @Sendable [self] in send(from: index) } }
        work.withLock { $0 = ThreadedWork(jobs) }
    }

    var record: LoadRecord { state.withLock { $0.record } }
    /// Begun so far.
    private var count: Int { state.withLock { $0.next } }

    /// Returns when every requester has ended, at most the timeout of a request later.
    func finish() {
        cancel()
        while work.withLock({ $0?.values.contains { $0 == nil } ?? false }) { pause(.milliseconds(10)) }
        state.withLock { $0.record.isFinished = true }
    }

    func cancel() { stop.turnOn() }

    private func send(from start: Int) -> Bool {
        var target = start
        var due = ContinuousClock.now + interval * start / max(1, agents.count)
        pause(due - .now)
        while !stop.isOn {
            let federation = shared.value
            let order = agents.indices.map { (target + $0) % agents.count }
            if let found = order.first(where: { federation.running.contains(agents[$0].name) }) {
                target = found
                if !send(to: agents[found], federation) { target = (found + 1) % agents.count }
            }
            due = max(due + interval, .now)
            pause(min(due - .now, .milliseconds(500)))
        }
        return true
    }

    /// - Returns: whether it succeeded.
    private func send(to agent: TopologyPlan.Agent, _ federation: LiveFederation) -> Bool {
        let written = federation.loads[load.keysOf].map { (load: $0.load, count: $0.count) }
        let call = state.withLock { state in
            state.next += 1
            return load.call(number: state.next, written: written, using: &state.random)
        }
        var request = call.record(begun: ContinuousClock.now - began)
        do throws(HTTPClientError) {
            let base = "http://\(agent.address):8500"
            let answer = try http.perform(
                HTTPCall(call.method, base, call.target, body: call.body, timeout: Self.timeout))
            let error = answer.headers.first { $0.name == "x-isthmus-error" }?.value
            request.outcome = LoadRecord.Outcome(status: answer.status, error: error, body: answer.body)
            if load.kind == .kvRead && request.outcome == .succeeded {
                request.value = answer.status == 200 ? FederationView.value(in: answer.body) : nil
            }
        } catch {
            if case .notConnected = error { request.outcome = .refused }
        }
        request.ended = ContinuousClock.now - began
        state.withLock { [request] in $0.record.requests.append(request) }
        return request.outcome == .succeeded
    }
}
