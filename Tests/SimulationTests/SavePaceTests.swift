import Determinism
import Testing

@testable import ServerCore

@Suite("When registrations are written") struct SavePaceTests {
    @Test("The first at once, others after 20 us for each that the last file held",
        arguments: [(0, 0), (1, 20), (100, 2_000), (5_000, 100_000)])
    func pace(_ count: Int, _ microseconds: Int) {
        var pace = SavePace()
        let now = Instant.zero + .seconds(5)
        #expect(!pace.isOwed)
        pace.changed(at: now)
        #expect(pace.nextDeadline == now && pace.isOwed)
        pace.saved(count, at: now)
        #expect(pace.nextDeadline == .distantFuture && !pace.isOwed)
        pace.changed(at: now)
        pace.changed(at: now + .seconds(1))
        #expect(pace.nextDeadline == now + .microseconds(microseconds))
        pace.saved(count, at: now + .seconds(2))
        pace.changed(at: now + .seconds(9))
        #expect(pace.nextDeadline == now + .seconds(9))
    }
}
