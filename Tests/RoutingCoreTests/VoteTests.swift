import Determinism
import FederationModel
import Testing

@testable import RoutingCore

@Suite("Votes on verdicts") struct VoteTests {
    @Test("Counted votes give the majority of their list")
    func counts() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<2000 {
            let votes = (0..<Int.random(in: 0...128, using: &random)).map { _ in
                Verdict.allCases.randomElement(using: &random) ?? .up
            }
            var count = VerdictCount()
            for vote in votes { count.add(vote) }
            #expect(count.total == votes.count)
            #expect(count.majority == Verdict.majority(of: votes), "\(votes)")
            for verdict in Verdict.allCases { #expect(count[verdict] == votes.count { $0 == verdict }) }
        }
    }

    private static func row(
        _ datacenter: String, _ server: String, stamp: UInt64, on names: [String], _ random: inout SeededRandom
    ) -> ReachabilityRow {
        // Some names are missing, some are of nobody that is judged, and a stranger may send any order.
        var entries = (names + ["dc0", "zz"]).filter { $0 != datacenter && random.chance(0.8) }.map { name in
            ReachabilityRow.Entry(
                datacenter: name, verdict: Verdict.allCases.randomElement(using: &random) ?? .up, reaches: true,
                hears: true, roundTrip: nil, since: 0)
        }
        if random.chance(0.2) { entries.shuffle(using: &random) }
        return ReachabilityRow(datacenter: datacenter, server: server, stamp: stamp, entries: entries)
    }

    @Test("The book's votes are those of its rows, each datacenter with one voice, whatever came and went")
    func book() {
        for seed in 1...20 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            var book = RowBook()
            var now = Instant.zero
            var names = ["dc2", "dc4", "dc5", "dc7"]
            var generation = 1
            let age = Duration.seconds(15)
            for step in 1...200 as ClosedRange<UInt64> {
                now = now + .milliseconds(Int64.random(in: 0...2000, using: &random))
                let voter = (names + ["dc1", "dc9"]).randomElement(using: &random) ?? "dc1"
                let server = "s\(Int.random(in: 1...3, using: &random))"
                let row = Self.row(voter, server, stamp: step, on: names, &random)
                _ = book.learn(CarriedRow(row, age: .zero), at: now)
                if random.chance(0.2), let entry = row.entries.first {
                    _ = book.learn(
                        VerdictAnnouncement(
                            observer: voter, server: server, datacenter: entry.datacenter, verdict: .frozen,
                            stamp: step + 1))
                }
                if random.chance(0.05) {
                    names = ["dc2", "dc3", "dc4", "dc5", "dc6", "dc7"].filter { _ in random.chance(0.7) }
                    generation += 1
                }
                let gone = names.filter { _ in random.chance(0.1) }
                let votes = book.votes(
                    on: names, generation: generation, within: age, at: now, of: { !gone.contains(names[$0]) })
                let expected = names.map { name in
                    var count = VerdictCount()
                    for voter in names where voter != name && !gone.contains(voter) {
                        let words = book.held(of: voter, within: age, at: now).compactMap { $0.row[name]?.verdict }
                        if let word = Verdict.majority(of: words) { count.add(word) }
                    }
                    return count
                }
                #expect(votes == expected, "seed \(seed), step \(step)")
            }
        }
    }
}
