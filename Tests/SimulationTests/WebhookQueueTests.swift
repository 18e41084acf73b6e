import AgentCore
import Determinism
import FederationModel
import Testing

@testable import ServerCore

@Suite("What is told of changed verdicts") struct WebhookQueueTests {
    @Test("In order, a failed one again after 1 s, 2 s, … 60 s; a delivered one ends the pauses")
    func order() {
        var queue = WebhookQueue()
        queue.add([1])
        queue.add([2])
        #expect(queue.first == [1])
        var pauses: [Duration] = []
        for _ in 0..<8 { pauses.append(queue.failed()) }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60].map { Duration.seconds($0) })
        #expect(queue.first == [1])
        queue.delivered([1])
        let pause = queue.failed()
        #expect(queue.first == [2] && pause == .seconds(1))
        queue.delivered([2])
        #expect(queue.first == nil && queue.droppedCount == 0)
    }

    @Test("1,000 wait; the oldest gives way and is counted")
    func capacity() {
        var queue = WebhookQueue()
        for number in 0..<1200 { queue.add(Array("\(number)".utf8)) }
        #expect(queue.count == 1000 && queue.droppedCount == 200)
        #expect(queue.first == Array("200".utf8))
        // The one on its way was dropped meanwhile: nothing else is taken for it.
        queue.delivered(Array("3".utf8))
        #expect(queue.count == 1000)
    }

    @Test("The body of an event")
    func body() {
        let body = WebhookQueue.body(
            datacenter: "dc2", from: .up, to: .frozen, reason: "why", observer: "dc1", server: "s1",
            time: "2023-11-14T22:13:20Z", droppedCount: 3)
        #expect(
            String(decoding: body, as: UTF8.self)
                == #"{"Datacenter":"dc2","From":"up","To":"frozen","Reason":"why","Observer":"dc1","Server":"s1","#
                + #""Time":"2023-11-14T22:13:20Z","Dropped":3}"#)
    }

    @Test("The WAN pool hears of a datacenter at most once in ten seconds, and then how it stands")
    func announcer() {
        var announcer = VerdictAnnouncer()
        func at(_ seconds: Int) -> Instant { Instant.zero + .seconds(seconds) }
        var told: [Bool] = []
        told.append(announcer.changed("dc2", to: .unreachable, at: at(1)))
        told.append(announcer.changed("dc2", to: .up, at: at(4)))
        told.append(announcer.changed("dc3", to: .frozen, at: at(5)))
        told.append(announcer.changed("dc2", to: .degraded, at: at(6)))
        #expect(told == [true, false, true, false])
        #expect(announcer.nextDeadline == at(11))
        let early = announcer.takeDue(at: at(10))
        #expect(early.isEmpty)
        let due = announcer.takeDue(at: at(11))
        #expect(due.map { $0.datacenter } == ["dc2"] && due.first?.told == .unreachable)
        #expect(announcer.nextDeadline == .distantFuture)
        let isTold = announcer.changed("dc2", to: .degraded, at: at(11))
        #expect(isTold)
    }
}
