import Determinism
import FederationModel
import Testing

@testable import RoutingCore

@Suite("Hedges, limits and breakers of one datacenter")
struct LaneTests {
    @Test(
        "The estimate of the 95th percentile is never below the true one and at most a quarter above",
        arguments: 1...20)
    func quantile(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var estimate = LatencyQuantile()
        var times: [Duration] = []
        let base = Duration.microseconds(Int64(1) << Int64(random.next(upperBound: 20 as UInt64)))
        for _ in 0..<500 {
            let time = base + random.duration(in: .zero..<(base * 4))
            times.append(time)
            estimate.add(time)
        }
        // The estimate is looked up again each 16 answers: the last ones are left out on both sides.
        let exact = times.sorted()[475 - 1 - 16]
        let upper = times.sorted()[min(499, 475 + 16)] * 5 / 4 + .microseconds(1)
        let isRight = estimate.p95.map { $0 >= exact && $0 <= upper } == true
        #expect(isRight, "seed \(seed): \(estimate.p95 as Any), \(exact)")
    }

    @Test("The estimate follows a change of the path within a thousand answers")
    func quantileFollows() {
        var estimate = LatencyQuantile()
        for _ in 0..<5000 { estimate.add(.milliseconds(2)) }
        for _ in 0..<1000 { estimate.add(.milliseconds(80)) }
        #expect(estimate.p95.map { $0 >= .milliseconds(80) } == true)
        for _ in 0..<6000 { estimate.add(.milliseconds(2)) }
        #expect(estimate.p95.map { $0 < .milliseconds(3) } == true)
    }

    @Test("Every time has a bucket whose bounds hold it")
    func buckets() {
        for micros in Array(0...5000) + [1 << 20, 1 << 26, 1 << 40] {
            let bucket = LatencyQuantile.bucket(of: .microseconds(Int64(micros)))
            guard micros < 1 << 26 else { continue }
            #expect(LatencyQuantile.upperBound(of: bucket) > .microseconds(micros))
            #expect(bucket == 0 || LatencyQuantile.upperBound(of: bucket - 1) <= .microseconds(micros), "\(micros)")
        }
    }

    @Test("However requests and wishes for a hedge alternate, hedges are at most one in twenty", arguments: 1...50)
    func hedgeBudget(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var budget = HedgeBudget()
        var (sent, hedged) = (0, 0)
        for _ in 0..<5000 {
            if random.chance(0.6) {
                budget.sent()
                sent += 1
            } else if budget.spend() {
                hedged += 1
            }
            #expect(hedged * 20 <= sent)
        }
        #expect(hedged > 0)
    }

    @Test("Each limit refuses what comes beyond it, and who waited goes before who comes")
    func limits() {
        var limits = DatacenterLimits()
        let read = ForwardAsk(datacenter: "dc2", needsLeader: false, changesNothing: true, bodyBytes: 100)
        for _ in 0..<limits.maxInFlight {
            #expect(limits.admission(of: read) == .go)
            limits.began(read)
        }
        for _ in 0..<limits.maxQueued {
            #expect(limits.admission(of: read) == .queue)
            limits.joined(read)
        }
        #expect(limits.admission(of: read) == .refuse(what: "requests for dc2"))
        limits.ended(read)
        #expect(limits.admission(of: read) == .refuse(what: "requests for dc2"))
        var waited = read
        waited.hasWaited = true
        limits.leftQueue(read)
        #expect(limits.admission(of: read) == .queue)
        #expect(limits.admission(of: waited) == .go)
        var large = read
        large.bodyBytes = limits.maxBytes
        #expect(limits.admission(of: large) == .refuse(what: "bytes for dc2"))
        var blocking = read
        blocking.isBlocking = true
        for _ in 0..<limits.maxBlocking {
            #expect(limits.admission(of: blocking) == .go)
            limits.began(blocking)
        }
        #expect(limits.admission(of: blocking) == .refuse(what: "blocking queries for dc2"))
    }

    // MARK: Breaker

    @Test("Nothing answered while something is asked: open in 2 s, once a ping was missed")
    func silence() {
        var breaker = CircuitBreaker()
        var now = Instant.zero
        breaker.sent(at: now)
        now = now + .milliseconds(1500)
        #expect(breaker.nextDeadline == .distantFuture)
        breaker.pingMissed(at: now)
        #expect(breaker.nextDeadline == Instant.zero + CircuitBreaker.patience)
        let early = breaker.advance(to: now)
        let late = breaker.advance(to: Instant.zero + CircuitBreaker.patience)
        #expect(!early && late)
        #expect(breaker.isOpen && !breaker.passes.allowed)
    }

    @Test("One slow request does not open it while pings are answered")
    func slowRequest() {
        var breaker = CircuitBreaker()
        var now = Instant.zero
        breaker.sent(at: now)
        for _ in 0..<60 {
            now = now + .seconds(1)
            breaker.pingAnswered(at: now)
            let opened = breaker.advance(to: now)
            #expect(!opened)
        }
    }

    @Test("Five requests in a row without an answer open it although pings are answered")
    func failures() {
        var breaker = CircuitBreaker()
        var now = Instant.zero
        for count in 1...CircuitBreaker.maxFailureCount {
            breaker.sent(at: now)
            now = now + .milliseconds(300)
            breaker.failed(at: now)
            breaker.pingAnswered(at: now)
            #expect(breaker.isOpen == (count == CircuitBreaker.maxFailureCount))
        }
    }

    @Test("A ping half-opens it after its pause; one request is let through and decides; a failure doubles the pause")
    func halfOpen() {
        var breaker = CircuitBreaker()
        var now = Instant.zero
        for _ in 0..<CircuitBreaker.maxFailureCount {
            breaker.sent(at: now)
            breaker.failed(at: now)
        }
        var pause = CircuitBreaker.minPause
        for _ in 0..<8 {
            breaker.pingAnswered(at: now + pause - .milliseconds(1))
            #expect(breaker.isOpen)
            now = now + pause
            breaker.pingAnswered(at: now)
            #expect(breaker.passes == (allowed: true, isTrial: true))
            breaker.sent(at: now)
            #expect(!breaker.passes.allowed)
            breaker.failed(at: now)
            pause = min(pause * 2, CircuitBreaker.maxPause)
        }
        now = now + pause
        breaker.pingAnswered(at: now)
        breaker.sent(at: now)
        breaker.answered(at: now)
        #expect(breaker.state == .closed)
    }

    @Test("Without pings it stays open: no request is spent to find out")
    func staysOpen() {
        var breaker = CircuitBreaker()
        for _ in 0..<CircuitBreaker.maxFailureCount {
            breaker.sent(at: .zero)
            breaker.failed(at: .zero)
        }
        _ = breaker.advance(to: .zero + .seconds(3600))
        #expect(breaker.isOpen)
    }

    @Test("A server that fails calls and answers pings is passed over for a while, longer each time")
    func trip() {
        var trip = ServerTrip()
        var now = Instant.zero
        for _ in 0..<ServerTrip.maxFailureCount { trip.callFailed(at: now) }
        var pause = ServerTrip.minPause
        for _ in 0..<6 {
            #expect(trip.isOpen)
            trip.pingAnswered(at: now + pause - .milliseconds(1))
            #expect(trip.isOpen)
            now = now + pause
            trip.pingAnswered(at: now)
            #expect(!trip.isOpen)
            trip.callFailed(at: now)
            pause = min(pause * 2, ServerTrip.maxPause)
        }
        trip.callAnswered()
        #expect(!trip.isOpen)
    }
}
