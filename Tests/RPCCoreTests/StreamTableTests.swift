import Determinism
import Testing

@testable import RPCCore

@Suite struct StreamTableTests {
    /// Against a dictionary, with numbers that collide: they differ by multiples of a large power of two.
    @Test("A stream table does what a dictionary does", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func twin(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var table = StreamTable<Int>()
        var twin: [UInt32: Int] = [:]
        for step in 0..<4000 {
            let key = UInt32.random(in: 0..<40, using: &random) << (random.chance(0.5) ? 0 : 26)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                table[key] = step
                twin[key] = step
            case 1:
                table[key]? += 1
                twin[key]? += 1
            case 2:
                #expect(table.removeValue(forKey: key) == twin.removeValue(forKey: key), "seed \(seed)")
            default:
                table[key] = nil
                twin[key] = nil
            }
            #expect(table[key] == twin[key] && table.count == twin.count, "seed \(seed), step \(step)")
        }
        let sorted = twin.sorted { $0.key < $1.key }
        #expect(table.sorted.map(\.key) == sorted.map(\.key) && table.sorted.map(\.value) == sorted.map(\.value))
    }

    @Test("The highest and the lowest number have their places")
    func bounds() {
        var table = StreamTable<String>()
        #expect(table[0] == nil && table.removeValue(forKey: .max) == nil)
        table[.max] = "last"
        table[0] = "first"
        #expect(table[.max] == "last" && table[0] == "first" && table.count == 2)
    }
}
