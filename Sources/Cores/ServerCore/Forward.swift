import Determinism
import FederationModel
import RPCCore
import RoutingCore

/// A request on its way to another datacenter: the plan it follows, and its calls.
struct Forward: Sendable {
    struct Attempt: Sendable {
        enum Reason: String, Sendable { case first, hedge, retry }

        let call: CallID
        let candidate: Candidate
        let reason: Reason
        let sentAt: Instant
        /// How it ended, in words; nil while it is under way.
        var end: String?
        var isAnswered = false

        func isUnderWay(in datacenter: String) -> Bool { end == nil && candidate.server.datacenter == datacenter }
    }

    let plan: ForwardPlan
    /// In the order they are tried: of the datacenter, or of the relay.
    private(set) var candidates: [Candidate]
    /// At most three: the first, one hedge, one retry.
    var attempts: [Attempt] = []
    var retryCount = 0
    /// Waits for a place; no call was made.
    var isQueued = false
    /// The verdict on its datacenter fell while it was under way.
    var hasFallen = false

    init(_ plan: ForwardPlan, candidates: [Candidate]) {
        self.plan = plan
        self.candidates = candidates
    }

    /// The next server that was not tried yet.
    var next: Candidate? { attempts.count < candidates.count ? candidates[attempts.count] : nil }

    /// It is tried before all others that were not tried yet.
    mutating func prefer(_ place: Int) { candidates.swapAt(attempts.count, place) }

    var isUnderWay: Bool { attempts.contains { $0.end == nil } }

    /// A call to a server of that datacenter is under way: of its own, or of a relay.
    func isUnderWay(in datacenter: String) -> Bool { attempts.contains { $0.isUnderWay(in: datacenter) } }

    /// The datacenter that handed it on, or was asked to last; nil without a relay.
    var relay: String? {
        guard plan.isRelayed else { return nil }
        return (attempts.last { $0.isAnswered } ?? attempts.last)?.candidate.server.datacenter
    }

    /// Each call and what became of it.
    func words(at now: Instant) -> [String] {
        attempts.map { attempt in
            let end = attempt.end ?? "no answer for \((now - attempt.sentAt).goText)"
            return "\(attempt.candidate.server.name) (\(attempt.reason.rawValue), \(end))"
        }
    }

    /// When a call speaks against its server. While nothing is measured, half of the time that is left at the latest: a
    /// question over DNS has less than what is usual, and a lost packet costs 200 ms and more.
    func slowDelay(_ candidate: Candidate, left: Duration) -> Duration {
        guard !plan.isSlowDelayMeasured else { return plan.slowDelay }
        return min(plan.slowDelay, max(left / 2, Lane.minSlow, (candidate.roundTrip ?? .zero) * 2))
    }

    /// How long a suspected server has to answer the ping that is sent to it at once.
    func grace(left: Duration) -> Duration {
        let usual = min(max((plan.hedgeDelay ?? .milliseconds(125)) * 2, .milliseconds(50)), .milliseconds(500))
        return min(usual, max(left / 2, .milliseconds(50)))
    }
}

/// Requests on their way to other datacenters, by their numbers, which bound them.
struct ForwardTable: Sendable {
    /// What becomes due while a call is under way.
    enum Step: Sendable {
        case hedge
        /// The call speaks against its server.
        case slow
        /// Its server has not answered since, a ping neither.
        case move
    }

    private var entries: [UInt64: Forward] = [:]
    private var byCall: [CallID: UInt64] = [:]
    private var timers = DeadlineQueue<(call: CallID, step: Step)>()
    /// Numbers by datacenter in the order of arrival, and where the first one stands. Those that have gone are passed
    /// over.
    private var queues: [String: (numbers: [UInt64], first: Int)] = [:]

    /// Those whose datacenter fell, or whose breaker opened while they wait for a place (`hasFallen` is false).
    private var fallen = WokenLine<(number: UInt64, datacenter: String, hasFallen: Bool)>()
    /// Datacenters of these.
    private var falling: Set<String> = []

    /// How many of them are ended at once, and when the next ones are.
    private var partCount = 0
    private var nextPart = Instant.zero

    var nextDeadline: Instant { fallen.isEmpty ? timers.nextDeadline : min(timers.nextDeadline, nextPart) }

    subscript(number: UInt64) -> Forward? { entries[number] }

    mutating func add(_ forward: Forward, as number: UInt64) {
        entries[number] = forward
        if forward.isQueued { queues[forward.plan.ask.datacenter, default: ([], 0)].numbers.append(number) }
    }

    mutating func remove(_ number: UInt64) -> Forward? {
        guard let forward = entries.removeValue(forKey: number) else { return nil }
        for attempt in forward.attempts where attempt.end == nil { byCall[attempt.call] = nil }
        return forward
    }

    mutating func sent(_ attempt: Forward.Attempt, of number: UInt64) {
        entries[number]?.attempts.append(attempt)
        if attempt.reason == .retry { entries[number]?.retryCount += 1 }
        byCall[attempt.call] = number
    }

    mutating func ended(_ call: CallID, _ words: String, isAnswered: Bool = false) {
        guard let number = byCall.removeValue(forKey: call),
            let place = entries[number]?.attempts.firstIndex(where: { $0.call == call })
        else { return }
        entries[number]?.attempts[place].end = words
        entries[number]?.attempts[place].isAnswered = isAnswered
    }

    mutating func prefer(_ place: Int, for number: UInt64) { entries[number]?.prefer(place) }

    mutating func fall(_ numbers: [UInt64], in datacenter: String, hasFallen: Bool) {
        guard !numbers.isEmpty else { return }
        fallen.append(numbers.map { ($0, datacenter, hasFallen) })
        falling.insert(datacenter)
        partCount = max(Self.minPartCount, fallen.count / Self.maxPartCount + 1)
    }

    /// Those of that datacenter that wait for a place are in the line, as far as they came before.
    func isFalling(_ datacenter: String) -> Bool { falling.contains(datacenter) }

    /// Thousands wait for one datacenter. They are told of its fall in parts of a tenth of a millisecond, here and on
    /// the loops of connections, so that who asks for another one gets its turn at once; and with a pause between two
    /// parts, since those who are told together ask again together.
    private static let minPartCount = 8
    private static let partPause = Duration.milliseconds(1)
    /// Nobody waits for longer than 1 s once the verdict stands: the last part is due after 800 ms.
    private static let maxPartCount = 800

    /// Of those that wait for a place and get one in the same turn; some 10 µs each.
    static let maxStartCount = 64

    mutating func takeFallen(at now: Instant) -> [(number: UInt64, datacenter: String, hasFallen: Bool)] {
        guard !fallen.isEmpty, now >= nextPart else { return [] }
        // A part that was late does not make all later ones late.
        nextPart = max(nextPart + Self.partPause, now + Self.partPause / 4)
        defer { if fallen.isEmpty { falling = [] } }
        return fallen.take(atMost: partCount)
    }

    mutating func fell(_ number: UInt64) { entries[number]?.hasFallen = true }

    func number(of call: CallID) -> UInt64? { byCall[call] }

    mutating func remind(_ call: CallID, of step: Step, at due: Instant) { timers.add((call, step), due: due) }

    /// The next step of a call that is still under way.
    mutating func popDue(at now: Instant) -> (number: UInt64, call: CallID, step: Step)? {
        while let (call, step) = timers.popDue(at: now) {
            if let number = byCall[call] { return (number, call, step) }
        }
        return nil
    }

    /// - Returns: the longest waiting one, which no longer waits.
    mutating func takeQueued(for datacenter: String) -> UInt64? {
        while let number = popFirst(of: datacenter) {
            if entries[number]?.isQueued == true { return number }
        }
        return nil
    }

    private mutating func popFirst(of datacenter: String) -> UInt64? {
        guard let queue = queues[datacenter] else { return nil }
        let number = queue.numbers[queue.first]
        if queue.first + 1 == queue.numbers.count {
            queues[datacenter] = nil
        } else if queue.first >= 1024 {
            queues[datacenter]?.numbers.removeSubrange(...queue.first)
            queues[datacenter]?.first = 0
        } else {
            queues[datacenter]?.first += 1
        }
        return number
    }

    /// In the order of their arrival.
    func numbers(where isWanted: (Forward) -> Bool) -> [UInt64] {
        entries.filter { isWanted($0.value) }.map(\.key).sorted()
    }
}
