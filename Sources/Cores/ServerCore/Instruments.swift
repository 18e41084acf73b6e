import FederationModel

/// What an operator can count of one agent. Names follow Consul's where it has one.
struct Instruments: Sendable {
    /// The names are a closed set, so that nothing from outside makes it grow.
    enum Counter: Int, CaseIterable {
        /// Requests of other agents.
        case inbound
        /// Requests that a client agent sent to a server, and those that failed there.
        case client, clientFailed
        /// Requests that a server sent to another datacenter, and those that failed there.
        case forward, forwardFailed
        /// Of those sent: to a second server because the first was slow, or because it failed.
        case forwardHedged, forwardRetried
        case proposal, leadership
        case memberJoined, memberFailed, memberLeft

        var name: String {
            switch self {
            case .inbound: "consul.rpc.request"
            case .client: "consul.client.rpc"
            case .clientFailed: "consul.client.rpc.failed"
            case .forward: "isthmus.forward"
            case .forwardFailed: "isthmus.forward.failed"
            case .forwardHedged: "isthmus.forward.hedged"
            case .forwardRetried: "isthmus.forward.retried"
            case .proposal: "consul.raft.apply"
            case .leadership: "consul.raft.state.leader"
            case .memberJoined: "consul.serf.member.join"
            case .memberFailed: "consul.serf.member.failed"
            case .memberLeft: "consul.serf.member.left"
            }
        }
    }

    private var counts = [Int](repeating: 0, count: Counter.allCases.count)

    mutating func add(_ counter: Counter) { counts[counter.rawValue] += 1 }

    /// Counters sorted by name; what never happened is left out.
    var samples: [MetricsSnapshot.Sample] {
        Counter.allCases.sorted { $0.name < $1.name }.compactMap { counter in
            let count = counts[counter.rawValue]
            guard count > 0 else { return nil }
            return MetricsSnapshot.Sample(name: counter.name, count: count, sum: Double(count), min: 1, max: 1)
        }
    }
}
