import Determinism
import TopologyCore

/// One direction between two hosts.
struct Wire: Sendable {
    /// As the world was built.
    var base: Topology.Link
    /// With what clogs it.
    private(set) var link: Topology.Link
    private(set) var clogs: [Topology.LinkValues] = []
    /// Nothing passes, and nobody is told.
    var isCut = false

    init(_ link: Topology.Link) {
        base = link
        self.link = link
    }

    mutating func clog(_ values: Topology.LinkValues) {
        clogs.append(values)
        link = values.applied(to: link)
    }

    mutating func unclog() {
        clogs = []
        link = base
    }
}

/// What the bytes on their way between two sites have to share: a bandwidth and the queue in front of it.
struct Pipe: Sendable {
    /// A router's buffer: half a second of the line. A datagram that would wait longer is dropped.
    static let maxWait = Duration.milliseconds(500)

    private var freeAt = Instant.zero

    /// - Returns: how long until the last byte has left; nil when the queue is full.
    mutating func take(_ byteCount: Int, bandwidth: Int, at now: Instant, isDatagram: Bool) -> Duration? {
        let wait = max(.zero, freeAt - now)
        if isDatagram && wait > Self.maxWait { return nil }
        let time = Duration.nanoseconds(Int64(byteCount) * 8 * 1_000_000_000 / Int64(max(1, bandwidth)))
        freeAt = now + wait + time
        return wait + time
    }
}

/// Both ends of a pipe: two datacenters, or two hosts of one.
struct PipeEnds: Hashable, Sendable {
    let from: String
    let to: String
}

/// What streams do about loss (RFC 6298, Linux's figures).
enum Retransmission {
    static let segmentBytes = 1460
    /// First timeout; doubles with each further loss of the same segment.
    static let least = Duration.milliseconds(200)
    /// A stream whose bytes have not got through for so long is given up.
    static let patience = Duration.seconds(60)

    /// How long a segment is held up.
    static func delay(
        loss: Double, roundTrip: Duration, segmentCount: Int, using random: inout SeededRandom
    ) -> Duration {
        guard loss > 0 else { return .zero }
        // Of several segments the first lost one decides; for small losses the chances add up.
        guard random.chance(min(1, loss * Double(segmentCount))) else { return .zero }
        var timeout = max(least, roundTrip * 2)
        var delay = timeout
        while delay < patience && random.chance(loss) {
            timeout = timeout * 2
            delay += timeout
        }
        return min(delay, patience)
    }

    /// When a segment that was first sent at `since` and lost ever since is sent again, at or after `now`.
    static func next(since: Instant, now: Instant) -> Instant {
        var (timeout, due) = (least, since + least)
        while due < now {
            timeout = timeout * 2
            due += timeout
        }
        return due
    }
}
