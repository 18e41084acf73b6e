import Determinism

/// What streams do about loss (RFC 6298, Linux's figures).
enum Retransmission {
    static let segmentBytes = 1460
    /// First timeout; doubles with each further loss of the same segment.
    static let least = Duration.milliseconds(200)
    /// A stream whose bytes have not got through for so long is given up.
    static let patience = Duration.seconds(60)

    /// How long a segment is held up.
    static func delay(
        loss: Double, roundTrip: @autoclosure () -> Duration, segmentCount: Int, using random: inout SeededRandom
    ) -> Duration {
        guard loss > 0 else { return .zero }
        // Of several segments the first lost one decides; for small losses the chances add up.
        guard random.chance(min(1, loss * Double(segmentCount))) else { return .zero }
        var timeout = max(least, roundTrip() * 2)
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
