import Testing

@testable import ServerCore

@Suite struct WokenLineTests {
    @Test("Numbers come out in the order in which they came, however they are taken")
    func order() {
        var line = WokenLine<UInt64>()
        var taken: [UInt64] = []
        taken += line.take(atMost: 5)
        #expect(line.isEmpty && taken.isEmpty)
        line.append([1, 2, 3])
        taken += line.take(atMost: 2)
        line.append([4, 5])
        #expect(line.count == 3)
        taken += line.take(atMost: 1)
        taken += line.take(atMost: .max)
        #expect(taken == [1, 2, 3, 4, 5])
        #expect(line.isEmpty)
        line.append([6])
        taken = line.take(atMost: 1)
        #expect(taken == [6] && line.isEmpty)
    }
}
