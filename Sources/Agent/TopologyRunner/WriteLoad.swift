import ClientHTTP
import Synchronization

/// Writers that put keys of their own through agents in turn and remember what was acknowledged.
final class WriteLoad: Sendable {
    struct Acknowledged: Sendable {
        var key: String
        var begun: ContinuousClock.Instant
        var ended: ContinuousClock.Instant
    }

    private struct State {
        var acknowledged: [Acknowledged] = []
        /// Refused, timed out or cut off: may or may not be there.
        var uncertainCount = 0
        var next = 0
    }

    let name: String
    private let state = Mutex(State())
    private let stop = StopSwitch()
    private let addresses: [String]
    private let interval: Duration
    private let http: any HTTPClient
    private let work: Mutex<ThreadedWork<Bool>?> = Mutex(nil)

    /// One writer per agent, so that an agent that holds a request does not hold the others.
    init(_ name: String, addresses: [String], rate: Int, http: any HTTPClient) {
        self.name = name
        self.addresses = addresses
        self.http = http
        interval = .nanoseconds(1_000_000_000 * Int64(max(1, addresses.count)) / Int64(max(1, rate)))
        let jobs = addresses.indices.map { index in { @Sendable [self] in write(from: index) } }
        work.withLock { $0 = ThreadedWork(jobs) }
    }

    /// The prefix of all its keys.
    var prefix: String { "load/\(name)/" }
    var acknowledged: [Acknowledged] { state.withLock { $0.acknowledged } }
    var uncertainCount: Int { state.withLock { $0.uncertainCount } }

    /// The earliest acknowledgement of a write begun after `moment`.
    func firstAcknowledged(begunAfter moment: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        state.withLock { $0.acknowledged.filter { $0.begun >= moment }.map(\.ended).min() }
    }

    /// Between two acknowledgements in a row.
    var longestGap: Duration {
        let times = acknowledged.map(\.ended).sorted()
        return zip(times, times.dropFirst()).map { $1 - $0 }.max() ?? .zero
    }

    /// Returns when every writer has ended, at most the timeout of a write later.
    func finish() {
        stop.turnOn()
        while work.withLock({ $0?.values.contains { $0 == nil } ?? false }) { pause(.milliseconds(10)) }
    }

    func cancel() { stop.turnOn() }

    private func write(from start: Int) -> Bool {
        var target = start
        var due = ContinuousClock.now
        while !stop.isOn {
            let number = state.withLock { state in
                state.next += 1
                return state.next
            }
            let key = prefix + String(number)
            let call = HTTPCall(
                "PUT", "http://\(addresses[target]):8500", "/v1/kv/\(key)", body: Array(key.utf8), timeout: .seconds(5))
            let begun = ContinuousClock.now
            let answer = try? http.perform(call)
            let ended = ContinuousClock.now
            if answer?.status == 200, answer?.text.hasPrefix("true") == true {
                state.withLock { $0.acknowledged.append(Acknowledged(key: key, begun: begun, ended: ended)) }
            } else {
                state.withLock { $0.uncertainCount += 1 }
                target = (target + 1) % addresses.count
            }
            due = max(due + interval, ended)
            pause(min(due - .now, .milliseconds(500)))
        }
        return true
    }
}
