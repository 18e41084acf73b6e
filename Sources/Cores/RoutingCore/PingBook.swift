import Determinism

/// The pings of one server: whom those in the air ask, and how many more may leave.
struct PingBook: Sendable {
    struct Target: Sendable {
        let datacenter: String
        let server: String
    }

    private let maxPerSecond: Int
    /// By the number of the ping.
    private var targets = NumberTable<Target>()
    private var nextNumber: UInt64 = 1
    /// Instants of the last pings, at most `maxPerSecond` of them, as a ring.
    private var recent: [Instant] = []
    private var oldest = 0
    /// Due rounds wait until then: the budget is spent.
    private(set) var blockedUntil = Instant.zero

    init(maxPerSecond: Int) { self.maxPerSecond = maxPerSecond }

    /// - Returns: nil when none may leave now; `blockedUntil` then says when.
    mutating func send(to server: String, of datacenter: String, at now: Instant) -> PingID? {
        if recent.count < maxPerSecond {
            recent.append(now)
        } else {
            let due = recent[oldest] + .seconds(1)
            guard now >= due else {
                blockedUntil = due
                return nil
            }
            recent[oldest] = now
            oldest = (oldest + 1) % recent.count
        }
        let number = nextNumber
        nextNumber += 1
        targets[number] = Target(datacenter: datacenter, server: server)
        return PingID(number)
    }

    /// The ping has ended.
    mutating func take(_ id: PingID) -> Target? { targets.removeValue(forKey: id.value) }
}
