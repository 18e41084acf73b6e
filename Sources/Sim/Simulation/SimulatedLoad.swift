import Determinism
import TopologyCore

/// A load as it is sent: one requester for each agent it goes through, each waiting for its answer.
struct SimulatedLoad: Sendable {
    struct Requester: Sendable {
        /// Place of the agent it asks now.
        var target: Int
        var nextDue: Duration
        /// What is under way.
        var request: LoadRecord.Request?
        var id: UInt64?
        /// The life of the agent asked.
        var host = 0
    }

    /// A request without an answer is given up.
    static let timeout = Duration.seconds(5)

    let record: String
    let load: Topology.Load
    let agents: [String]
    let interval: Duration
    var requesters: [Requester]
    var isFinished = false
    /// Requests sent so far.
    var count = 0
    /// By key: the last answer, and the value in it. Most answers are the last one again. As many as the load has keys.
    private var lastAnswers: [String: (body: [UInt8], value: String?)] = [:]

    init(_ load: Topology.Load, agents: [String], at now: Duration) {
        record = load.name
        self.load = load
        self.agents = agents
        let count = max(1, agents.count)
        let interval = Duration.nanoseconds(1_000_000_000 * Int64(count) / Int64(max(1, load.rate)))
        self.interval = interval
        // Spread over one interval, so that the rate is steady.
        requesters = agents.indices.map { Requester(target: $0, nextDue: now + interval * $0 / count) }
    }

    /// The next agent that runs, from the one it asked last on.
    func nextTarget(of number: Int, running: Set<String>) -> Int? {
        let first = requesters[number].target
        return agents.indices.lazy.map { (first + $0) % agents.count }.first { running.contains(agents[$0]) }
    }

    /// The value in the answer to a read of one key.
    mutating func value(of key: String, in body: [UInt8]) -> String? {
        if let last = lastAnswers[key], last.body == body { return last.value }
        let value = FederationView.value(in: body)
        lastAnswers[key] = (body: body, value: value)
        return value
    }

    var isIdle: Bool { requesters.allSatisfy { $0.id == nil } }

    /// When the next request may be sent, should all be answered by then.
    var nextRequest: Duration {
        guard !isFinished else { return .seconds(1 << 40) }
        var next = Duration.seconds(1 << 40)
        for place in requesters.indices { next = min(next, requesters[place].nextDue) }
        return next
    }

    var nextDue: Duration {
        guard !isFinished else { return .seconds(1 << 40) }
        // In place: each copy of a requester counts what it holds.
        var next = Duration.seconds(1 << 40)
        for place in requesters.indices where requesters[place].id == nil {
            next = min(next, requesters[place].nextDue)
        }
        return next
    }
}

/// Stale reads of one agent's life never go back.
struct StaleSession: Hashable, Sendable {
    let host: Int
    let life: Int
    let kind: Topology.Load.Kind
    let key: String
}
