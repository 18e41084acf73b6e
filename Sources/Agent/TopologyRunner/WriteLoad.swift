import ClientHTTP
import Synchronization
import TopologyCore

/// Writers that put keys of their own through agents in turn and remember what was acknowledged.
final class WriteLoad: Sendable {
    private struct State {
        var record: LoadRecord
        var next = 0
    }

    let name: String
    private let prefix: String
    private let state: Mutex<State>
    private let began: ContinuousClock.Instant
    private let stop = StopSwitch()
    private let addresses: [String]
    private let interval: Duration
    private let http: any HTTPClient
    private let work: Mutex<ThreadedWork<Bool>?> = Mutex(nil)

    /// One writer per agent, so that an agent that holds a request does not hold the others.
    /// - Parameter began: when the run began.
    init(_ load: Topology.Load, addresses: [String], http: any HTTPClient, began: ContinuousClock.Instant) {
        name = load.name
        state = Mutex(State(record: LoadRecord(load)))
        prefix = load.prefix
        self.addresses = addresses
        self.http = http
        self.began = began
        interval = .nanoseconds(1_000_000_000 * Int64(max(1, addresses.count)) / Int64(max(1, load.rate)))
        let jobs = addresses.indices.map { index in { @Sendable [self] in write(from: index) } }
        work.withLock { $0 = ThreadedWork(jobs) }
    }

    var record: LoadRecord { state.withLock { $0.record } }

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
            // Refused, timed out or cut off: may or may not be there.
            let isDone = answer?.status == 200 && answer?.text.hasPrefix("true") == true
            let request = LoadRecord.Request(
                isWrite: true, key: key, value: key, begun: begun - began, ended: ended - began,
                outcome: isDone ? .succeeded : .unknown)
            state.withLock { $0.record.requests.append(request) }
            if !isDone { target = (target + 1) % addresses.count }
            due = max(due + interval, ended)
            pause(min(due - .now, .milliseconds(500)))
        }
        return true
    }
}
