/// The state of a datacenter as seen from here, in six words.
package enum Verdict: String, Equatable, Hashable, Sendable, CaseIterable {
    case up, degraded, leaderless, frozen, unreachable, left

    /// From the best to the worst; what rows carry and gauges show.
    package var severity: Int {
        switch self {
        case .up: 0
        case .degraded: 1
        case .leaderless: 2
        case .frozen: 3
        case .unreachable: 4
        case .left: 5
        }
    }

    package init?(severity: Int) {
        guard let verdict = Self.allCases.first(where: { $0.severity == severity }) else { return nil }
        self = verdict
    }

    /// Some server of the datacenter answers.
    package var reaches: Bool { severity <= Verdict.leaderless.severity }

    /// The verdict at least half of the votes do not exceed: of an even number the better of the two in the middle, so
    /// that the worse one needs a majority.
    /// - Returns: nil without a vote.
    package static func majority(of votes: [Verdict]) -> Verdict? {
        guard !votes.isEmpty else { return nil }
        return votes.sorted { $0.severity < $1.severity }[(votes.count - 1) / 2]
    }
}
