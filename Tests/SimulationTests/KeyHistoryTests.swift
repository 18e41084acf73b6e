import Determinism
import Simulation
import Testing

@Suite("Histories of one key fit one order, or are found not to")
struct KeyHistoryTests {
    private static func entry(
        _ operation: KeyHistory.Operation, _ begun: Int64, _ ended: Int64, _ outcome: KeyHistory.Outcome
    ) -> KeyHistory.Entry {
        KeyHistory.Entry(
            who: "c", operation: operation, begun: Instant(nanoseconds: begun), ended: Instant(nanoseconds: ended),
            outcome: outcome)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let entries: [KeyHistory.Entry]
        let isLinearizable: Bool
        var testDescription: String { name }
    }

    private static let cases: [Case] = [
        Case(name: "nothing", entries: [], isLinearizable: true),
        Case(
            name: "a read of what was written", entries: [entry(.set(1), 0, 1, .done), entry(.read, 2, 3, .read(1))],
            isLinearizable: true),
        Case(
            name: "an old value after the new one was acknowledged",
            entries: [entry(.set(1), 0, 1, .done), entry(.set(2), 2, 3, .done), entry(.read, 4, 5, .read(1))],
            isLinearizable: false),
        Case(
            name: "either value while the write is under way",
            entries: [
                entry(.set(1), 0, 1, .done), entry(.set(2), 2, 9, .done), entry(.read, 3, 4, .read(1)),
                entry(.read, 5, 6, .read(2)),
            ], isLinearizable: true),
        Case(
            name: "back to the old value while the write is under way",
            entries: [
                entry(.set(1), 0, 1, .done), entry(.set(2), 2, 9, .done), entry(.read, 3, 4, .read(2)),
                entry(.read, 5, 6, .read(1)),
            ], isLinearizable: false),
        Case(
            name: "a write of unknown outcome appears long after",
            entries: [
                entry(.set(1), 0, 1, .unknown), entry(.read, 2, 3, .read(0)), entry(.read, 50, 51, .read(1)),
            ], isLinearizable: true),
        Case(
            name: "a write of unknown outcome appears and is gone again",
            entries: [
                entry(.set(1), 0, 1, .unknown), entry(.read, 2, 3, .read(1)), entry(.read, 4, 5, .read(0)),
            ], isLinearizable: false),
        Case(
            name: "a comparison that failed although nothing else was there",
            entries: [
                entry(.set(1), 0, 1, .done), entry(.compareAndSet(expected: 1, 2), 2, 3, .differed),
                entry(.read, 4, 5, .read(2)),
            ], isLinearizable: false),
        Case(
            name: "two comparisons with one value, both done",
            entries: [
                entry(.set(1), 0, 1, .done), entry(.compareAndSet(expected: 1, 2), 2, 8, .done),
                entry(.compareAndSet(expected: 1, 3), 2, 8, .done),
            ], isLinearizable: false),
        Case(
            name: "a deleted key is read as absent, and compared with absence",
            entries: [
                entry(.set(1), 0, 1, .done), entry(.delete, 2, 3, .done), entry(.read, 4, 5, .read(0)),
                entry(.compareAndSet(expected: 0, 2), 6, 7, .done), entry(.read, 8, 9, .read(2)),
            ], isLinearizable: true),
        Case(
            name: "a lost write", entries: [entry(.set(1), 0, 1, .done), entry(.read, 2, 3, .read(0))],
            isLinearizable: false),
    ]

    @Test("Known histories", arguments: cases)
    func known(_ tested: Case) {
        let verdict = KeyHistory(tested.entries).verdict
        #expect((verdict == .linearizable) == tested.isLinearizable, "\(verdict)")
    }

    @Test("The first entry that fits no order is named")
    func named() {
        let history = KeyHistory([
            Self.entry(.set(1), 0, 1, .done), Self.entry(.set(2), 2, 3, .done), Self.entry(.read, 4, 5, .read(1)),
        ])
        guard case .violated(let entry, let count) = history.verdict else {
            Issue.record("not found")
            return
        }
        #expect(entry.description == "c reads 1")
        #expect(count == 2)
    }

    // MARK: The naive twin

    /// Every order of every choice of the entries of unknown outcome.
    private static func fits(_ left: [KeyHistory.Entry], value: Int) -> Bool {
        if !left.contains(where: { $0.outcome != .unknown }) { return true }
        let earliestEnd = left.filter { $0.outcome != .unknown }.map(\.ended.nanoseconds).min() ?? .max
        for (place, entry) in left.enumerated() where entry.begun.nanoseconds <= earliestEnd {
            let after: Int? =
                switch (entry.operation, entry.outcome) {
                case (.read, .read(let seen)): seen == value ? value : nil
                case (.set(let new), _): new
                case (.delete, _): 0
                case (.compareAndSet(let expected, _), .differed): expected == value ? nil : value
                case (.compareAndSet(let expected, let new), _): expected == value ? new : nil
                default: nil
                }
            guard let after else { continue }
            var rest = left
            rest.remove(at: place)
            if fits(rest, value: after) { return true }
        }
        return false
    }

    @Test("As a search of all orders says, for drawn histories", arguments: 1...4 as ClosedRange<UInt64>)
    func twin(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var violatedCount = 0
        for _ in 0..<300 {
            var entries: [KeyHistory.Entry] = []
            for number in 1...6 {
                let begun = Int64.random(in: 0..<20, using: &random)
                let ended = begun + Int64.random(in: 1..<8, using: &random)
                let known = Int.random(in: 0..<number, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0, 1: entries.append(Self.entry(.set(number), begun, ended, .done))
                case 2: entries.append(Self.entry(.set(number), begun, ended, .unknown))
                case 3:
                    let outcome = random.chance(0.5) ? KeyHistory.Outcome.done : .differed
                    entries.append(Self.entry(.compareAndSet(expected: known, number), begun, ended, outcome))
                case 4: entries.append(Self.entry(.delete, begun, ended, .done))
                default: entries.append(Self.entry(.read, begun, ended, .read(known)))
                }
            }
            let isLinearizable = KeyHistory(entries).verdict == .linearizable
            #expect(isLinearizable == Self.fits(entries, value: 0), "seed \(seed): \(entries)")
            violatedCount += isLinearizable ? 0 : 1
        }
        #expect((20..<290).contains(violatedCount), "both outcomes are drawn: \(violatedCount) of 300")
    }
}
