import Determinism
import Testing

@Suite struct NumberTableTests {
    /// Against a dictionary, with numbers that collide: they differ by multiples of a large power of two.
    @Test("A table of numbers does what a dictionary does", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func twin(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var table = NumberTable<Int>()
        var twin: [UInt64: Int] = [:]
        for step in 0..<4000 {
            let key = UInt64.random(in: 0..<40, using: &random) << (random.chance(0.5) ? 0 : 58)
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                table[key] = step
                twin[key] = step
            case 1:
                table[key]? += 1
                twin[key]? += 1
            case 2:
                #expect(table.removeValue(forKey: key) == twin.removeValue(forKey: key), "seed \(seed)")
            case 3:
                let place = table.place(of: key)
                #expect((place == nil) == (twin[key] == nil), "seed \(seed), step \(step)")
                if let place { table[place: place] += 2 }
                twin[key]? += 2
            default:
                table[key] = nil
                twin[key] = nil
            }
            #expect(table[key] == twin[key] && table.count == twin.count, "seed \(seed), step \(step)")
            #expect(table.isEmpty == twin.isEmpty)
        }
        let sorted = twin.sorted { $0.key < $1.key }
        #expect(table.sorted.map(\.key) == sorted.map(\.key) && table.sorted.map(\.value) == sorted.map(\.value))
    }

    @Test("The highest and the lowest number have their places")
    func bounds() {
        var table = NumberTable<String>()
        #expect(table[0] == nil && table.removeValue(forKey: .max) == nil && table.place(of: 0) == nil)
        table[.max] = "last"
        table[0] = "first"
        #expect(table[.max] == "last" && table[0] == "first" && table.count == 2)
    }
}
