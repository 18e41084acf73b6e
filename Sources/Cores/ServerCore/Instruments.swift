import FederationModel

/// What an operator can count of one agent. Names follow Consul's where it has one.
struct Instruments: Sendable {
    /// The names are a closed set, so that nothing from outside makes it grow.
    enum Counter: String, CaseIterable {
        /// Requests of other agents.
        case inbound = "consul.rpc.request"
        /// Requests that a client agent sent to a server, and those that failed there.
        case client = "consul.client.rpc"
        case clientFailed = "consul.client.rpc.failed"
        /// Requests that a server sent to another datacenter, and those that failed there.
        case forward = "isthmus.forward"
        case forwardFailed = "isthmus.forward.failed"
        /// Of those sent: to a second server because the first was slow, or because it failed.
        case forwardHedged = "isthmus.forward.hedged"
        case forwardRetried = "isthmus.forward.retried"
        case proposal = "consul.raft.apply"
        case leadership = "consul.raft.state.leader"
        case memberJoined = "consul.serf.member.join"
        case memberFailed = "consul.serf.member.failed"
        case memberLeft = "consul.serf.member.left"
    }

    private var counts: [Counter: Int] = [:]

    mutating func add(_ counter: Counter) { counts[counter, default: 0] += 1 }

    /// Counters sorted by name.
    var samples: [MetricsSnapshot.Sample] {
        Counter.allCases.sorted { $0.rawValue < $1.rawValue }.compactMap { counter in
            counts[counter].map { count in
                MetricsSnapshot.Sample(name: counter.rawValue, count: count, sum: Double(count), min: 1, max: 1)
            }
        }
    }
}
