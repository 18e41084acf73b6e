import Determinism
import FederationModel
import RPCCore

/// Every request between its arrival and its answer.
struct RequestTable: Sendable {
    /// 65,536 requests of at most a few hundred bytes each, blocking queries included: about 64 MiB at the worst.
    static let maxCount = 65_536

    private(set) var pending: [UInt64: PendingRequest] = [:]
    private var byOrigin: [Origin: UInt64] = [:]
    private var byCall: [CallID: UInt64] = [:]
    private var deadlines = DeadlineQueue<UInt64>()
    private var nextNumber: UInt64 = 0
    private var nextCall: UInt64 = 0
    /// Waiting for a leader to appear, in order of arrival.
    private(set) var parked: [UInt64] = []
    /// When the parked ones are tried again without a sign of a leader.
    private(set) var nextRetry = Instant.distantFuture

    var count: Int { pending.count }

    var nextDeadline: Instant { min(deadlines.nextDeadline, nextRetry) }

    subscript(number: UInt64) -> PendingRequest? { pending[number] }

    mutating func add(_ request: PendingRequest) -> UInt64 {
        nextNumber += 1
        pending[nextNumber] = request
        byOrigin[request.origin] = nextNumber
        deadlines.add(nextNumber, due: request.deadline)
        return nextNumber
    }

    /// Forgets the request; nothing of it can be answered any more.
    mutating func remove(_ number: UInt64) -> PendingRequest? {
        guard let request = pending.removeValue(forKey: number) else { return nil }
        byOrigin[request.origin] = nil
        if case .calling(let call, _) = request.stage { byCall[call] = nil }
        // Most end long before their time: nobody has to wake for them.
        let pending = pending
        deadlines.dropEarliest { pending.index(forKey: $0) == nil }
        return request
    }

    mutating func move(_ number: UInt64, to stage: PendingRequest.Stage) {
        guard let place = pending.index(forKey: number) else { return }
        if case .calling(let call, _) = pending.values[place].stage { byCall[call] = nil }
        if case .calling(let call, _) = stage { byCall[call] = number }
        if case .watching = stage, !pending.values[place].hasWatched {
            pending.values[place].hasWatched = true
            deadlines.add(number, due: pending.values[place].watchUntil)
        }
        pending.values[place].stage = stage
    }

    /// What is known of the failure that the request may end with.
    mutating func noteCalls(_ number: UInt64, _ words: [String]) { pending[number]?.earlierCalls += words }

    mutating func note(_ number: UInt64, _ change: (inout ErrorDetails) -> Void) {
        guard var details = pending[number]?.details else { return }
        change(&details)
        pending[number]?.details = details
    }

    mutating func park(_ number: UInt64, retryAt: Instant) {
        move(number, to: .parked)
        parked.append(number)
        nextRetry = min(nextRetry, retryAt)
    }

    mutating func takeParked() -> [UInt64] {
        defer { parked.removeAll(keepingCapacity: true) }
        nextRetry = .distantFuture
        return parked.filter { pending[$0] != nil }
    }

    mutating func newCall() -> CallID {
        nextCall += 1
        return CallID(nextCall)
    }

    /// Those that ask a leader at another address, in the order of their arrival. O(requests).
    func numbers(callingOther endpoint: Endpoint) -> [UInt64] {
        pending.filter { _, request in
            if case .calling(_, .leader(let asked)) = request.stage { asked != endpoint } else { false }
        }.map(\.key).sorted()
    }

    func request(of call: CallID) -> UInt64? { byCall[call] }

    /// Requests whose time has passed. They stay in the table until they are finished.
    mutating func takeExpired(at now: Instant) -> [UInt64] {
        var expired: [UInt64] = []
        while let number = deadlines.popDue(at: now) {
            guard let request = pending[number] else { continue }
            if case .watching = request.stage {
                expired.append(number)
            } else if request.deadline <= now {
                expired.append(number)
            }
        }
        return expired
    }

    func number(of origin: Origin) -> UInt64? { byOrigin[origin] }
}
