import Determinism

/// What the simulated network does to messages between two sites.
package struct NetworkConditions: Equatable, Sendable {
    /// One way; each message draws its own, so datagrams overtake one another.
    package var latency: Range<Duration>
    /// Of datagrams, 0...1. Streams do not lose: a lost segment delays (`streamLossDelay`).
    package var loss: Double

    package static let local = NetworkConditions(latency: .microseconds(100)..<(.milliseconds(1)), loss: 0.002)
    package static let remote = NetworkConditions(latency: .milliseconds(10)..<(.milliseconds(40)), loss: 0.01)

    /// A lost segment holds up its stream for a retransmission time (RFC 6298 §5: at least 200 ms in practice).
    static let streamLossDelay = Duration.milliseconds(200)

    package init(latency: Range<Duration>, loss: Double) {
        self.latency = latency
        self.loss = loss
    }
}
