import Determinism
import FederationModel

/// A graceful exit: leadership is handed over, the pools are left, the peer set drops us, the agent stops.
struct Leaving: Sendable {
    enum Stage: Equatable, Sendable {
        /// The leader hands over first, or writes would stop until a timeout.
        case transferring
        case pools
        /// The remaining leader removes us; until then we still count for its quorum.
        case peerSet
    }

    /// Each stage ends by itself: an exit must not hang on a broken datacenter.
    static let transferLimit: Duration = .seconds(3)
    static let poolLimit: Duration = .seconds(12)
    static let peerSetLimit: Duration = .seconds(5)

    var stage = Stage.transferring
    /// Others may still send what they sent before they heard of it (Consul's `leave_drain_time`).
    var drainedAt = Instant.zero
    var deadline: Instant
    var openPools: Set<Channel> = []
    var nextDeadline: Instant { drainedAt > .zero ? min(drainedAt, deadline) : deadline }

    /// Callers of `leave`, answered when it is done.
    var callers: [RequestID] = []
}
