import Determinism
import FederationModel

/// What is made for pings and their answers, kept for a moment: a server of forty datacenters sends and answers forty a
/// second, and each would make all of it anew.
struct RowCache: Sendable {
    /// What others see of this server is at most so old when it leaves.
    static let age = Duration.milliseconds(250)
    /// Round trips drift without a change of what is reached: what has drifted is told again after this time. Among
    /// forty datacenters a row is a kilobyte and a half, and goes to 117 servers.
    static let renewal = Duration.seconds(20)
    /// A round trip that has moved by more than this share, and by more than what no choice turns on.
    private static let driftShare = 4
    private static let minDrift = Duration.milliseconds(1)

    /// Between two questions for what is wanted. A server of forty datacenters sends sixteen pings at once: the answers
    /// to all that leave within a round trip would bring the same rows.
    static let askingPause = Duration.milliseconds(100)

    private(set) var row: ReachabilityRow?
    private(set) var writtenAt = Instant.zero
    /// The first row that said what the present one says.
    private var first: ReachabilityRow?
    var firstStamp: UInt64 { first?.stamp ?? 0 }
    private var firstAt = Instant.zero
    /// Of the history of verdicts: a changed one is told at once.
    private var historyIndex: UInt64 = 0

    var wanted: [String] = []
    /// Of the datacenters that there were.
    var wantedOf = 0
    var wantedDue = Instant.zero
    var nextAsking = Instant.zero

    func isGood(historyIndex: UInt64, at now: Instant) -> Bool {
        row != nil && historyIndex == self.historyIndex && now - writtenAt < Self.age
    }

    mutating func keep(_ new: ReachabilityRow, historyIndex: UInt64, at now: Instant) {
        let isTold = first.map { Self.saysTheSame($0, new) } ?? false
        if !isTold || now - firstAt >= Self.renewal && hasDrifted(new) {
            first = new
            firstAt = now
        }
        row = new
        writtenAt = now
        self.historyIndex = historyIndex
    }

    private static func saysTheSame(_ left: ReachabilityRow, _ right: ReachabilityRow) -> Bool {
        left.entries.elementsEqual(right.entries) {
            $0.datacenter == $1.datacenter && $0.verdict == $1.verdict && $0.since == $1.since
                && $0.reaches == $1.reaches && $0.hears == $1.hears
        }
    }

    private func hasDrifted(_ new: ReachabilityRow) -> Bool {
        guard let first else { return true }
        return zip(first.entries, new.entries).contains { told, now in
            guard let before = told.roundTrip, let after = now.roundTrip else { return told.roundTrip != now.roundTrip }
            let drift = before < after ? after - before : before - after
            return drift > max(before / Self.driftShare, Self.minDrift)
        }
    }
}
