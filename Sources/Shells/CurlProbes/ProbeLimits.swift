import Determinism
import Glibc

/// What one engine takes upon itself at a time.
package struct ProbeLimits: Sendable {
    /// Probes under way: one descriptor and 10–60 KiB each, within the open-file limit an agent raises at start.
    package var maxConcurrent = 1024
    /// Probes that wait for one of those places: three times the 5,000 checks an agent is measured with.
    package var maxQueued = 16_384
    /// Beyond this wait a probe fails with the reason instead of telling of a moment long past.
    package var maxQueueTime = Duration.seconds(10)
    /// Threads that may sit in `getaddrinfo`; half of them are kept from names that were slow the last time.
    package var maxResolverThreads = 32
    /// Resolved names kept; the oldest go first.
    package var maxCachedNames = 4096
    /// Of headers, in one answer.
    package var maxHeaderBytes = 256 << 10
    /// Read and dropped of a body without a declared length, waiting for its end; a longer one never ends.
    package var maxUndeclaredBytes = 4 << 20

    package init() {}
}

/// The clock of this shell: CLOCK_MONOTONIC, which `timerfd` waits on.
enum MonotonicClock {
    static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}

func errorText(_ number: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
    let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.prefix(1).lowercased() + text.dropFirst()
}
