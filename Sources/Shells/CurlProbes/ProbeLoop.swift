import CCurl
import Determinism
import FederationModel
import Glibc

/// The engine's thread: one epoll set with libcurl's sockets, the sockets of TCP probes, a wake-up and one timer.
/// Nothing here blocks; all of it runs on that one thread.
final class ProbeLoop {
    /// One probe between its start and its result.
    final class Probe {
        enum Phase {
            case queued
            case resolving(String)
            case transfer(HTTPTransfer)
            case connecting(TCPAttempt)
        }

        let id: ProbeID
        let request: ProbeRequest
        /// Start of the run, set again when it leaves the queue.
        var start: Instant
        var deadline: Instant
        var phase: Phase = .queued
        var timings = ProbeResult.Timings()
        /// Redirects followed so far.
        var redirectCount = 0

        init(_ id: ProbeID, _ request: ProbeRequest, at now: Instant, deadline: Instant) {
            self.id = id
            self.request = request
            self.start = now
            self.deadline = deadline
        }
    }

    /// Which of the loop's descriptors an event is about; TCP probes carry their attempt's number beside it.
    enum Key {
        static let wakeUp: UInt64 = 1 << 62
        static let timer: UInt64 = 1 << 62 | 1
        static let attempt: UInt64 = 1 << 63
    }

    let limits: ProbeLimits
    let certificates: String?
    let inbox: ProbeInbox
    let multi: OpaquePointer?
    let poller = epoll_create1(Int32(EPOLL_CLOEXEC))
    private let timer = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC | TFD_NONBLOCK))
    private let onResult: @Sendable (ProbeID, ProbeResult) -> Void

    var probes: [ProbeID: Probe] = [:]
    var activeCount = 0
    /// Waiting probes in order; those cancelled since are skipped.
    private var queue: [ProbeID] = []
    private var queueHead = 0
    /// One entry per phase of a probe with a deadline; what no longer counts is skipped when due.
    private var deadlines = DeadlineQueue<ProbeID>()
    private var curlDeadline: Instant = .distantFuture
    private var armed: Instant = .distantFuture
    private var isRunning = true

    // Of the extensions.
    var idleHandles: [UnsafeMutableRawPointer] = []
    var curlSockets: Set<Int32> = []
    var steps: [ProbeID: HTTPStep] = [:]
    var attempts: [UInt64: ProbeID] = [:]
    var nextAttempt: UInt64 = 0
    var names: NameCache
    var lookups: [String: [ProbeID]] = [:]
    let resolver: NameResolver

    init(
        limits: ProbeLimits, certificates: String?, inbox: ProbeInbox,
        lookUp: @escaping @Sendable (String) -> NameResolver.Answer,
        onResult: @escaping @Sendable (ProbeID, ProbeResult) -> Void
    ) {
        self.limits = limits
        self.certificates = certificates
        self.inbox = inbox
        self.onResult = onResult
        multi = curl_multi_init().map { OpaquePointer($0) }
        names = NameCache(maxCount: limits.maxCachedNames)
        resolver = NameResolver(maxThreads: limits.maxResolverThreads, lookUp: lookUp) {
            inbox.send(.resolved(name: $0, $1))
        }
    }

    /// Returns after `shutdown`.
    func run() {
        precondition(multi != nil && poller >= 0 && timer >= 0, "no descriptors left for health checks")
        ccurl_epoll_set(poller, EPOLL_CTL_ADD, inbox.wakeUp, EPOLLIN.rawValue, Key.wakeUp)
        ccurl_epoll_set(poller, EPOLL_CTL_ADD, timer, EPOLLIN.rawValue, Key.timer)
        prepareCurl()
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while isRunning {
            let count = Int(epoll_wait(poller, &events, Int32(events.count), canStart ? 0 : -1))
            for position in 0..<max(count, 0) { handle(events[position]) }
            finishTransfers()
            expire()
            startQueued()
            rearm()
        }
        close()
    }

    private func handle(_ event: epoll_event) {
        var event = event
        let key = ccurl_epoll_key(&event)
        switch key {
        case Key.wakeUp:
            for command in inbox.take() { perform(command) }
        case Key.timer:
            var count: UInt64 = 0
            _ = read(timer, &count, 8)
            armed = .distantFuture
        case Key.attempt...:
            attemptBecameReady(key & ~Key.attempt)
        default:
            driveCurl(socket: Int32(truncatingIfNeeded: key), events: ccurl_epoll_events(&event))
        }
    }

    private func perform(_ command: ProbeInbox.Command) {
        switch command {
        case .start(let id, let request): enqueue(id, request)
        case .cancel(let id): discard(id)
        case .resolved(let name, let answer): resolved(name, answer)
        case .shutdown: isRunning = false
        }
    }

    // MARK: Queue

    private func enqueue(_ id: ProbeID, _ request: ProbeRequest) {
        let now = MonotonicClock.now
        guard probes[id] == nil else { return }
        let free = max(limits.maxConcurrent - activeCount, 0)
        guard queue.count - queueHead < limits.maxQueued + free else {
            return onResult(id, .failed("too many checks are waiting (\(limits.maxQueued))"))
        }
        let probe = Probe(id, request, at: now, deadline: now + limits.maxQueueTime)
        probes[id] = probe
        queue.append(id)
        deadlines.add(id, due: probe.deadline)
    }

    private var canStart: Bool { activeCount < limits.maxConcurrent && queueHead < queue.count }

    /// A few at a turn: a burst of starts must not keep those under way from their events.
    private func startQueued() {
        var startCount = 0
        while canStart && startCount < 16 {
            let id = queue[queueHead]
            queueHead += 1
            guard let probe = probes[id], case .queued = probe.phase else { continue }
            begin(probe, at: MonotonicClock.now)
            startCount += 1
        }
        if queueHead == queue.count || queueHead > 4096 {
            queue.removeFirst(queueHead)
            queueHead = 0
        }
    }

    private func begin(_ probe: Probe, at now: Instant) {
        activeCount += 1
        probe.start = now
        probe.deadline = now + probe.request.timeout
        deadlines.add(probe.id, due: probe.deadline)
        switch probe.request.target {
        case .http(let http): beginHTTP(probe, http)
        case .tcp(let address): beginTCP(probe, address)
        }
    }

    // MARK: Ends

    /// The one way out for a probe that is under way.
    func finish(_ probe: Probe, _ result: ProbeResult) {
        guard probes[probe.id] === probe else { return }
        discard(probe.id)
        onResult(probe.id, result)
    }

    func fail(_ probe: Probe, _ reason: String) { finish(probe, .failed(reason)) }

    private func discard(_ id: ProbeID) {
        guard let probe = probes.removeValue(forKey: id) else { return }
        steps[id] = nil
        switch probe.phase {
        case .queued: return
        case .resolving: break
        case .transfer(let transfer): release(transfer)
        case .connecting(let attempt): abandon(attempt)
        }
        activeCount -= 1
    }

    // MARK: Time

    /// Another moment to look at this probe.
    func watch(_ probe: Probe, due: Instant) { deadlines.add(probe.id, due: due) }

    func curlWants(timer milliseconds: Int) {
        curlDeadline = milliseconds < 0 ? .distantFuture : MonotonicClock.now + .milliseconds(milliseconds)
    }

    private func expire() {
        let now = MonotonicClock.now
        if curlDeadline <= now {
            curlDeadline = .distantFuture
            driveCurl(socket: CURL_SOCKET_TIMEOUT, events: 0)
            finishTransfers()
        }
        while let id = deadlines.popDue(at: now) {
            guard let probe = probes[id] else { continue }
            if probe.deadline <= now {
                fail(probe, timeoutReason(probe))
            } else if case .connecting(let attempt) = probe.phase, attempt.deadline <= now {
                attemptFailed(probe, attempt, "no answer")
            }
        }
    }

    private func timeoutReason(_ probe: Probe) -> String {
        let doing =
            switch probe.phase {
            case .queued: "waiting for a free place among \(limits.maxConcurrent) checks under way"
            case .resolving(let name): "resolving \(name)"
            case .transfer(let transfer): transfer.doing
            case .connecting(let attempt): "connecting to \(attempt.endpoint)"
            }
        if case .queued = probe.phase { return "timed out while \(doing)" }
        return "timed out after \(probe.request.timeout.inSeconds) s while \(doing)"
    }

    private func rearm() {
        let next = min(deadlines.nextDeadline, curlDeadline)
        guard next < armed || (armed == .distantFuture && next != armed) else { return }
        armed = next
        let nanoseconds = max(next.nanoseconds, 1)
        var setting = itimerspec()
        setting.it_value.tv_sec = Int(nanoseconds / 1_000_000_000)
        setting.it_value.tv_nsec = Int(nanoseconds % 1_000_000_000)
        timerfd_settime(timer, Int32(TFD_TIMER_ABSTIME), &setting, nil)
    }

    private func close() {
        resolver.stop()
        for id in Array(probes.keys) { discard(id) }
        closeCurl()
        Glibc.close(timer)
        Glibc.close(poller)
    }
}
