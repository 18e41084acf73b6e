import Determinism
import FederationModel

/// When sessions with a time to live end, on the leader alone. A new leader gives each its whole time again, so that
/// no session ends because nobody was there to renew it.
struct SessionTimers: Sendable {
    /// A session lives for at least its time to live and ends within twice of it (Consul's `SessionTTLMultiplier`).
    static let multiplier = 2
    /// Between attempts to end a session whose end could not be proposed.
    static let pause = Duration.seconds(1)

    private var due: [String: Instant] = [:]
    /// Their ends are proposed.
    private var ending: Set<String> = []
    private var queue = DeadlineQueue<(id: String, due: Instant)>()

    var nextDeadline: Instant { queue.nextDeadline }
    var count: Int { due.count }

    /// Begins the time anew, also of a session known before.
    mutating func renew(_ id: String, ttl: Duration, at now: Instant) { set(id, now + ttl * Self.multiplier) }

    mutating func retry(_ id: String, at now: Instant) { set(id, now + Self.pause) }

    private mutating func set(_ id: String, _ instant: Instant) {
        due[id] = instant
        queue.add((id: id, due: instant), due: instant)
    }

    mutating func willEnd(_ id: String) { ending.insert(id) }

    func isEnding(_ id: String) -> Bool { ending.contains(id) && !Mutant.renewedAtItsEnd.isOn }

    mutating func stop(_ id: String) {
        due[id] = nil
        ending.remove(id)
    }

    /// Called for every batch of a follower.
    mutating func stopAll() {
        guard !due.isEmpty || !queue.isEmpty || !ending.isEmpty else { return }
        due = [:]
        ending = []
        queue = DeadlineQueue()
    }

    /// Sessions whose time is over, each once.
    mutating func takeDue(at now: Instant) -> [String] {
        var ended: [String] = []
        while let entry = queue.popDue(at: now) {
            // Renewed or ended meanwhile: its later entry counts, or none.
            guard due[entry.id] == entry.due else { continue }
            due[entry.id] = nil
            ended.append(entry.id)
        }
        return ended
    }
}

/// Keys whose sessions have just ended: the leader refuses to lock them for a while, so that their holders notice.
struct LockDelays: Sendable {
    private var until: [ByteString: Instant] = [:]
    private var queue = DeadlineQueue<ByteString>()

    mutating func add(_ key: ByteString, for delay: Duration, at now: Instant) {
        forgetPast(at: now)
        let end = now + delay
        until[key] = max(end, until[key] ?? end)
        queue.add(key, due: end)
    }

    func contains(_ key: ByteString, at now: Instant) -> Bool { until[key].map { now < $0 } ?? false }

    /// Bounded by the keys that sessions held at their ends within the last minute.
    private mutating func forgetPast(at now: Instant) {
        while let key = queue.popDue(at: now) {
            if let end = until[key], end <= now { until[key] = nil }
        }
    }
}
