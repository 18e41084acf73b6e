import Determinism
import FederationModel

/// Tells the WAN pool of changed verdicts: of each datacenter at most once per pause, and then how it stands.
struct VerdictAnnouncer: Sendable {
    static let pause = Duration.seconds(10)

    private struct Told: Sendable {
        var at: Instant
        var verdict: Verdict
    }

    private var told: [String: Told] = [:]
    /// Changed again within the pause.
    private var waiting: Set<String> = []

    var nextDeadline: Instant {
        guard !waiting.isEmpty else { return .distantFuture }
        return waiting.reduce(.distantFuture) { min($0, (told[$1]?.at ?? .zero) + Self.pause) }
    }

    /// - Returns: whether to tell it now.
    mutating func changed(_ datacenter: String, to verdict: Verdict, at now: Instant) -> Bool {
        if let last = told[datacenter], now < last.at + Self.pause {
            waiting.insert(datacenter)
            return false
        }
        waiting.remove(datacenter)
        told[datacenter] = Told(at: now, verdict: verdict)
        return true
    }

    /// Datacenters whose pause is over, with what was told last, in order.
    mutating func takeDue(at now: Instant) -> [(datacenter: String, told: Verdict?)] {
        guard !waiting.isEmpty else { return [] }
        let due = waiting.filter { now >= (told[$0]?.at ?? .zero) + Self.pause }.sorted()
        waiting.subtract(due)
        return due.map { ($0, told[$0]?.verdict) }
    }
}
