import Determinism
import Testing

@testable import Simulation

/// Events by time, with and without a horizon before which they stand in order.
@Suite struct EventQueueTests {
    @Test("Events come by time, equal ones as they were added")
    func order() {
        for seed in 1...200 as ClosedRange<UInt64> { check(seed) }
    }

    private func check(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var queue = EventQueue()
        var model: [(due: Instant, id: Int)] = []
        var now = Instant.zero
        for id in 0..<400 {
            // Few instants, so that many are equal.
            let due = now + .milliseconds(Int.random(in: 0...20, using: &random))
            queue.add(.script(id), due: due, place: id)
            model.append((due, id))
            guard random.chance(0.6) else { continue }
            if random.chance(0.5) {
                queue.moveHorizon(to: now + .milliseconds(Int.random(in: 0...10, using: &random)))
                while let number = queue.nextToAdmit {
                    guard case .script(let id)? = queue[number] else { return }
                    #expect(queue.admit(place: id).place == id)
                }
            }
            let first = model.indices.min { (model[$0].due, $0) < (model[$1].due, $1) }
            guard let first, case .script(let id)? = queue.pop()?.event else { return #expect(model.isEmpty) }
            #expect(id == model[first].id, "seed \(seed)")
            now = max(now, model.remove(at: first).due)
            #expect(queue.ahead.map(\.due) == queue.ahead.map(\.due).sorted())
        }
        while let (event, _, place) = queue.pop() {
            guard case .script(let id) = event else { return }
            let first = model.indices.min { (model[$0].due, $0) < (model[$1].due, $1) }
            #expect(first.map { model.remove(at: $0).id } == id, "seed \(seed)")
            if let place { #expect(place == id) }
        }
        #expect(model.isEmpty)
    }
}
