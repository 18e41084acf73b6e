@testable import CurlProbes
import Determinism
import FederationModel
import Foundation
import Synchronization
import TestProducer
import Testing

@Suite(.serialized) struct NameTests {
    private let address = IPAddress(127, 0, 0, 1)

    @Test("A name is fresh for 10 s, usable for 10 min, and its failure is believed for 3 s") func times() {
        var cache = NameCache(maxCount: 4)
        cache.store("good", .addresses([address], took: .zero), at: .zero)
        cache.store("bad", .failed("no", took: .seconds(2)), at: .zero)
        let table: [(String, Int, NameCache.Found)] = [
            ("good", 10, .fresh([address])), ("good", 11, .stale([address])), ("good", 600, .stale([address])),
            ("good", 601, .unknown), ("bad", 3, .failure("no")), ("bad", 4, .unknown), ("new", 0, .unknown),
        ]
        for (name, seconds, found) in table {
            #expect(cache.find(name, at: .zero + .seconds(seconds)) == found, "\(name) at \(seconds) s")
        }
        #expect(cache.isSlow("bad") && !cache.isSlow("good") && !cache.isSlow("new"))
    }

    @Test("The cache stays within its size, the oldest go") func size() {
        var cache = NameCache(maxCount: 8)
        for number in 0..<100 { cache.store("n\(number)", .addresses([address], took: .zero), at: .zero) }
        let known = (0..<100).filter { cache.find("n\($0)", at: .zero) != .unknown }
        #expect(known.count <= 8 && known.count >= 6 && known.last == 99)
    }

    @Test("Names that never resolve time out, and names that are known do not wait for them")
    func hangingNames() throws {
        let gate = DispatchSemaphore(value: 0)
        let lookups = Mutex<[String: Int]>([:])
        let producer = Producer.answering("200 OK")
        let condition = NSCondition()
        let results = Mutex<[ProbeID: ProbeResult]>([:])
        let engine = ProbeEngine(limits: ProbeLimits(), certificates: nil) { name in
            lookups.withLock { $0[name, default: 0] += 1 }
            if name.hasPrefix("hang") { gate.wait() }
            return .addresses([IPAddress(127, 0, 0, 1)], took: .zero)
        } onResult: { probe, result in
            results.withLock { $0[probe] = result }
            condition.lock()
            condition.broadcast()
            condition.unlock()
        }
        func wait(_ numbers: ClosedRange<UInt64>) -> [String] {
            let deadline = Date(timeIntervalSinceNow: 10)
            condition.lock()
            defer { condition.unlock() }
            while results.withLock({ found in numbers.contains { found[ProbeID($0)] == nil } }) {
                guard condition.wait(until: deadline) else { break }
            }
            return results.withLock { found in numbers.map { found[ProbeID($0)]?.summary ?? "nothing" } }
        }
        let good = http("http://good.test:\(producer.port)/")
        engine.start(ProbeID(1), good)
        #expect(wait(1...1) == ["200 OK: "])
        for number in UInt64(100)...299 {
            engine.start(ProbeID(number), http("http://hang-\(number % 100).test/", timeout: .milliseconds(400)))
        }
        engine.start(ProbeID(2), good)
        #expect(wait(2...2) == ["200 OK: "])
        let hanging = wait(100...299)
        #expect(hanging.allSatisfy { $0.hasPrefix("failed: timed out after 0.4 s while resolving hang-") })
        let counts = lookups.withLock { $0 }
        #expect(counts.count <= 1 + ProbeLimits().maxResolverThreads && counts.values.allSatisfy { $0 == 1 })
        engine.shutdown()
        producer.stop()
        for _ in 0..<200 { gate.signal() }
    }
}
