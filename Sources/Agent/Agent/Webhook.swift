import AgentCore
import CurlProbes
import Determinism
import FederationModel
import Glibc
import Logging
import Synchronization

/// Posts changes of verdicts to a URL, one after the other, on a thread that runs while there are any.
final class Webhook: Sendable {
    /// An answer takes no longer, or the event is tried again.
    private static let timeout = Duration.seconds(5)
    /// Nobody reads the answer.
    private static let maxAnswerBytes = 64 << 10

    private struct State {
        var queue = WebhookQueue()
        var isRunning = false
        var isClosed = false
    }

    private let url: String
    private let observer: String
    private let server: String
    private let logger: Logger
    private let state = Mutex(State())

    init(url: String, observer: String, server: String, logger: Logger) {
        self.url = url
        self.observer = observer
        self.server = server
        self.logger = logger
    }

    /// From any thread; returns at once.
    func changed(_ datacenter: String, from: Verdict?, to: Verdict, reason: String) {
        let time = WallTime(unix: AgentClock.calendarOrigin + AgentClock.now.nanoseconds).description
        let (isStarting, droppedCount) = state.withLock { state in
            let body = WebhookQueue.body(
                datacenter: datacenter, from: from, to: to, reason: reason, observer: observer, server: server,
                time: time, droppedCount: state.queue.droppedCount)
            let dropped = state.queue.add(body) ? 0 : state.queue.droppedCount
            let isStarting = !state.isRunning && !state.isClosed
            if isStarting { state.isRunning = true }
            return (isStarting, dropped)
        }
        if droppedCount > 0 { logger.warning("webhook events were dropped", metadata: ["count": "\(droppedCount)"]) }
        if isStarting { start() }
    }

    /// What still waits is given up.
    func close() { state.withLock { $0.isClosed = true } }

    private func start() {
        let job = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Webhook>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, job.toOpaque())
        guard status == 0 else {
            job.release()
            // The next change tries again.
            return state.withLock { $0.isRunning = false }
        }
        pthread_detach(thread)
    }

    private func run() {
        while let body = next() {
            if let problem = post(body) {
                let pause = state.withLock { $0.queue.failed() }
                logger.warning("webhook failed", metadata: ["url": "\(url)", "reason": "\(problem)"])
                rest(for: pause)
            } else {
                state.withLock { $0.queue.delivered(body) }
            }
        }
    }

    private func next() -> [UInt8]? {
        state.withLock { state in
            let body = state.isClosed ? nil : state.queue.first
            if body == nil { state.isRunning = false }
            return body
        }
    }

    /// In steps, so that the end of the agent is noticed.
    private func rest(for pause: Duration) {
        for _ in 0..<(pause.components.seconds * 10) where !state.withLock({ $0.isClosed }) { usleep(100_000) }
    }

    /// - Returns: nil when it was taken.
    private func post(_ body: [UInt8]) -> String? {
        do throws(CurlClient.Failure) {
            let answer = try CurlClient.request(
                method: "POST", url: url, headers: [(name: "Content-Type", value: "application/json")], body: body,
                timeout: Self.timeout, maxBodyBytes: Self.maxAnswerBytes)
            return (200..<300).contains(answer.status) ? nil : "status \(answer.status)"
        } catch {
            return error.reason
        }
    }
}
