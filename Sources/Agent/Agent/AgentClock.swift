package import Determinism
import Glibc

/// The clock that runs through suspend, so that a lease cannot outlive a sleeping machine (design §3).
package enum AgentClock {
    package static var now: Instant {
        var time = timespec()
        // Cannot fail: the clock exists on every kernel that Swift runs on.
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// What the calendar's clock showed at `Instant.zero`, as Unix nanoseconds; as of now, since people set clocks.
    static var calendarOrigin: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec) - now.nanoseconds
    }
}
