package import Determinism

/// One direction between two hosts.
package struct Wire: Sendable {
    /// As the world was built.
    package var base: Topology.Link
    /// With what clogs it.
    package private(set) var link: Topology.Link
    package private(set) var clogs: [Topology.LinkValues] = []
    /// Nothing passes, and nobody is told.
    package var isCut = false

    package init(_ link: Topology.Link) {
        base = link
        self.link = link
    }

    package mutating func clog(_ values: Topology.LinkValues) {
        clogs.append(values)
        link = values.applied(to: link)
    }

    package mutating func unclog() {
        clogs = []
        link = base
    }
}

/// What the bytes on their way between two sites have to share: a bandwidth and the queue in front of it.
package struct Pipe: Sendable {
    /// A router's buffer: half a second of the line. A datagram that would wait longer is dropped.
    package static let maxWait = Duration.milliseconds(500)

    private var freeAt = Instant.zero

    package init() {}

    /// - Returns: how long until the last byte has left; nil when the queue is full.
    package mutating func take(_ byteCount: Int, bandwidth: Int, at now: Instant, isDatagram: Bool) -> Duration? {
        let wait = max(.zero, freeAt - now)
        if isDatagram && wait > Self.maxWait { return nil }
        let time = Duration.nanoseconds(Int64(byteCount) * 8 * 1_000_000_000 / Int64(max(1, bandwidth)))
        freeAt = now + wait + time
        return wait + time
    }
}

/// Both ends of a pipe: two datacenters, or two hosts of one.
package struct PipeEnds: Hashable, Sendable {
    package let from: String
    package let to: String

    package init(from: String, to: String) {
        self.from = from
        self.to = to
    }
}
