import Determinism
import Testing

@Suite("Clocks, draws and deadlines")
struct DeterminismTests {
    @Test("A deadline queue gives values in order of their instants, equal ones in the order they were added")
    func deadlines() {
        let seed: UInt64 = 11
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        var queue = DeadlineQueue<Int>()
        var twin: [(due: Int64, value: Int)] = []
        for value in 0..<2_000 {
            let due = Int64.random(in: 0..<50, using: &random)
            queue.add(value, due: Instant(nanoseconds: due))
            twin.append((due, value))
        }
        twin.sort { ($0.due, $0.value) < ($1.due, $1.value) }
        #expect(queue.nextDeadline.nanoseconds == twin[0].due)
        var popped: [Int] = []
        while let value = queue.popDue(at: Instant(nanoseconds: 49)) { popped.append(value) }
        #expect(popped == twin.map(\.value))
        #expect(queue.popDue(at: .distantFuture) == nil)
    }

    @Test("Nothing is due before its instant")
    func early() {
        var queue = DeadlineQueue<String>()
        queue.add("later", due: Instant(nanoseconds: 10))
        #expect(queue.popDue(at: Instant(nanoseconds: 9)) == nil)
        #expect(queue.popDue(at: Instant(nanoseconds: 10)) == "later")
    }

    @Test("One seed draws the same in every process: SplitMix64's published first numbers for seed 0")
    func generator() {
        var random = SeededRandom(seed: 0)
        #expect(random.next() == 0xE220_A839_7B1D_CDAF)
        #expect(random.next() == 0x6E78_9E6A_A1B9_65F4)
        var copy = random
        #expect(copy.next() == random.next())
    }

    @Test("An instant never overflows")
    func instants() {
        #expect(Instant.distantFuture + .seconds(1) == .distantFuture)
        #expect(Instant(nanoseconds: 5) - Instant(nanoseconds: 2) == .nanoseconds(3))
    }
}
