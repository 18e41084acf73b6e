import Determinism
import FederationModel

/// What is made for pings and their answers, kept for a moment: a server of forty datacenters sends and answers forty a
/// second, and each would make all of it anew.
struct RowCache: Sendable {
    /// What others see of this server is at most so old when it leaves.
    static let age = Duration.milliseconds(250)
    /// Round trips drift without a change of what is reached: they are told again after this time.
    static let renewal = Duration.seconds(20)

    /// Between two questions for what is wanted. A server of forty datacenters sends a ping each 25 ms: the answers to
    /// all that leave within a round trip would bring the same rows.
    static let askingPause = Duration.milliseconds(100)

    private(set) var row: ReachabilityRow?
    private(set) var writtenAt = Instant.zero
    /// Of the first row that said what the present one says.
    private(set) var firstStamp: UInt64 = 0
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
        let saysTheSame = row.map { old in
            old.entries.elementsEqual(new.entries) {
                $0.datacenter == $1.datacenter && $0.verdict == $1.verdict && $0.reaches == $1.reaches
                    && $0.hears == $1.hears
            }
        }
        if saysTheSame != true || now - firstAt >= Self.renewal {
            firstStamp = new.stamp
            firstAt = now
        }
        row = new
        writtenAt = now
        self.historyIndex = historyIndex
    }
}
