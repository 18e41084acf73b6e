import Testing
import TopologyCore

/// The checker of linearizable histories, proved able to fail.
@Suite struct RegisterHistoryTests {
    /// `w1 0-10`: value 1 written from 0 to 10 s; `r1`: read; `r-`: nothing read; `?` behind a write: fate unknown;
    /// `!`: refused.
    private func violation(_ text: String) -> String? {
        let requests = text.split(separator: ",").map { part in
            let words = part.split(separator: " ")
            let times = words[1].split(separator: "-").compactMap { Int($0) }
            let last = words[0].last
            let outcome: LoadRecord.Outcome = last == "?" ? .unknown : last == "!" ? .refused : .succeeded
            let value = words[0].dropFirst().filter { $0 != "?" && $0 != "!" }
            return LoadRecord.Request(
                isWrite: words[0].first == "w", key: "k", value: value == "-" ? nil : String(value),
                begun: .seconds(times[0]), ended: .seconds(times[1]), outcome: outcome)
        }
        return RegisterHistory.violation(requests, of: "k")
    }

    @Test("Histories with an order", arguments: [
        "w1 0-1,r1 2-3,w2 4-5,r2 6-7", "r- 0-1,w1 2-3,r1 4-5", "w1 0-10,r1 1-2,r1 3-4", "w1 0-10,r- 1-2,r1 3-4",
        "w1 0-1,w2? 2-3,r1 4-5,r2 6-7", "w1 0-1,w2? 2-3,r1 4-5", "w1 0-10,w2 0-10,r1 11-12", "w1 0-10,w2 0-10,r2 11-12",
        "w1 0-5,w2 3-8,r2 4-6,r1 4-9", "w1! 0-1,r- 2-3", "w1? 0-1,r1 9-10",
    ])
    func good(_ text: String) { #expect(violation(text) == nil) }

    @Test("Histories without one", arguments: [
        // Lost, stale, from the future, from nowhere, refused and yet there.
        "w1 0-1,r- 2-3", "w1 0-1,w2 2-3,r1 4-5", "r1 0-1,w1 2-3", "r9 0-1", "w1! 0-1,r1 2-3",
        // Back and forth; two orders at once; unknown, seen, gone.
        "w1 0-1,w2 2-20,r2 3-4,r1 5-6", "w1 0-10,w2 0-10,r1 11-12,r2 13-14,r1 15-16", "w1 0-1,w2? 2-3,r2 4-5,r1 6-7",
        "w1 0-1,r1 2-3,r- 4-5",
    ])
    func bad(_ text: String) { #expect(violation(text) != nil) }
}
