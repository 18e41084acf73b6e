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

    @Test("What nobody waits for is dropped when it is the earliest, and only then")
    func dropping() {
        var queue = DeadlineQueue<Int>()
        for value in [3, 1, 4, 2] { queue.add(value, due: Instant(nanoseconds: Int64(value))) }
        queue.dropEarliest { $0 == 1 || $0 == 2 || $0 == 4 }
        #expect(queue.nextDeadline.nanoseconds == 3 && queue.count == 2)
        queue.dropEarliest { $0 == 4 }
        #expect(queue.popDue(at: .distantFuture) == 3 && queue.popDue(at: .distantFuture) == 4)
        queue.add(5, due: Instant(nanoseconds: 5))
        queue.dropEarliest { _ in true }
        #expect(queue.isEmpty && queue.nextDeadline == .distantFuture)
    }

    @Test("Whole nanoseconds are cut towards zero and saturate", arguments: [
        (.zero, 0), (.nanoseconds(-7), -7), (.seconds(9) + .nanoseconds(1), 9_000_000_001),
        (.seconds(-20) - .nanoseconds(5), -20_000_000_005), (Duration(attoseconds: 1_999_999_999), 1),
        (Duration(attoseconds: -1_999_999_999), -1), (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
    ] as [(Duration, Int64)])
    func nanoseconds(_ duration: Duration, _ count: Int64) {
        #expect(duration.wholeNanoseconds == count)
        if duration == .nanoseconds(count) { #expect(Duration(wholeNanoseconds: count) == duration) }
    }

    @Test("A fingerprint tells apart what differs in one byte, in length or in order")
    func fingerprints() {
        func hash(_ parts: [UInt8]...) -> UInt64 {
            var hash = EventHash()
            for part in parts { hash.combine(part) }
            return hash.value
        }
        let bytes = (0..<19).map { UInt8($0) }
        var seen: Set<UInt64> = [hash(bytes), hash([]), hash([], []), hash([0]), hash([0, 0])]
        #expect(seen.count == 5)
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 0x80
            #expect(seen.insert(hash(changed)).inserted)
            #expect(seen.insert(hash(Array(bytes[..<place]), Array(bytes[place...]))).inserted)
            // The first byte alone is among those above.
            if place > 1 { #expect(seen.insert(hash(Array(bytes[..<place]))).inserted) }
        }
        #expect(hash(bytes) == 0x6B85_11F4_379A_E7C1, "the same in every process, in debug and in release")
    }
}
