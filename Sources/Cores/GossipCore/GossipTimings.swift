import Determinism

/// Timings and counts of memberlist (`wire/serf-gossip.md` 4.9).
package struct GossipTimings: Equatable, Sendable {
    /// Of every operation on a stream.
    package var streamTimeout: Duration = .seconds(10)
    package var indirectCheckCount = 3
    package var retransmitMultiplier = 4
    package var suspicionMultiplier = 4
    package var suspicionMaxTimeoutMultiplier = 6
    package var pushPullInterval: Duration = .seconds(30)
    package var probeTimeout: Duration = .milliseconds(500)
    package var probeInterval: Duration = .seconds(1)
    /// Health scores are 0..<this.
    package var awarenessMaxMultiplier = 8
    package var gossipNodeCount = 3
    package var gossipInterval: Duration = .milliseconds(200)
    /// How long the dead still get gossip, so that they can refute; then they are dropped from the table.
    package var gossipToTheDeadTime: Duration = .seconds(30)
    /// After this a dead name may come back from another address; zero: never.
    package var deadNodeReclaimTime: Duration = .zero
    /// Budget of a datagram before compression.
    package var maxDatagramBytes = 1400

    package init() {}

    package static let lan = GossipTimings()

    package static let wan: GossipTimings = {
        var timings = GossipTimings()
        timings.streamTimeout = .seconds(30)
        timings.suspicionMultiplier = 6
        timings.pushPullInterval = .seconds(60)
        timings.probeTimeout = .seconds(3)
        timings.probeInterval = .seconds(5)
        timings.gossipNodeCount = 4
        timings.gossipInterval = .milliseconds(500)
        timings.gossipToTheDeadTime = .seconds(60)
        return timings
    }()

    /// Loopback.
    package static let local: GossipTimings = {
        var timings = GossipTimings()
        timings.streamTimeout = .seconds(1)
        timings.indirectCheckCount = 1
        timings.retransmitMultiplier = 2
        timings.suspicionMultiplier = 3
        timings.pushPullInterval = .seconds(15)
        timings.probeTimeout = .milliseconds(200)
        timings.gossipInterval = .milliseconds(100)
        timings.gossipToTheDeadTime = .seconds(15)
        return timings
    }()

    /// As Consul runs its LAN pools.
    package static let consulLAN: GossipTimings = {
        var timings = lan
        timings.deadNodeReclaimTime = .seconds(30)
        return timings
    }()

    /// As Consul runs its WAN pool: the node count is the LAN's figure.
    package static let consulWAN: GossipTimings = {
        var timings = wan
        timings.deadNodeReclaimTime = .seconds(30)
        timings.gossipNodeCount = 3
        return timings
    }()

    /// As Consul's `-dev` mode changes either pool.
    package var forDevelopment: GossipTimings {
        var timings = self
        timings.gossipInterval = .milliseconds(100)
        timings.probeInterval = .milliseconds(100)
        timings.probeTimeout = .milliseconds(100)
        timings.suspicionMultiplier = 3
        return timings
    }

    /// How often a message leaves before it is dropped: `multiplier × max(2, ⌈log10(n + 1)⌉)`. For multiplier 4:
    /// 99 nodes → 8, 100 nodes → 12. memberlist sends half as often below ten members: there one refutation in two
    /// hundred misses a given member (seven of them, each passes it on to three and one more), and that one calls a
    /// healthy member failed; with eight it is one in fifty thousand.
    package func transmitLimit(nodeCount: Int) -> Int {
        retransmitMultiplier * max(2, Logarithm.decimalCeiling(max(0, nodeCount) + 1))
    }

    /// The configured interval up to 32 nodes, then `× (⌈log2 n − log2 32⌉ + 1)`: 33–64 nodes double it.
    package func pushPullInterval(nodeCount: Int) -> Duration {
        var factor = 1
        var reach = 32
        while reach < nodeCount && factor < 32 {
            factor += 1
            reach *= 2
        }
        return pushPullInterval * factor
    }
}
