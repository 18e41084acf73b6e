import Determinism
import FederationModel
import RPCCore
import RoutingCore

/// A prepared query that found nothing here and asks other datacenters.
struct QueryFailover: Sendable {
    /// Asked at once: the second's answer is at hand when the first does not answer.
    static let width = 2
    /// How long an answer of the second datacenter waits for the first's, which is preferred.
    static let patience = Duration.milliseconds(250)
    /// A datacenter that has not answered by then is passed over, though nothing is known against it.
    static let attemptLimit = Duration.seconds(3)

    struct Attempt: Sendable {
        let call: CallID
        /// Among the datacenters tried, from 1.
        let position: Int
        let server: RouteServer
        var answer: PreparedQueryExecuteResponse?
        var hasEnded = false
    }

    let query: PreparedQuery
    let limit: Int
    let connect: Bool
    let options: QueryOptions
    /// What is answered when nobody has an instance: ours at first, then that of the datacenter asked last.
    var fallback: PreparedQueryExecuteResponse
    /// Position of the datacenter that `fallback` names; 0 is ours.
    var fallbackPosition = 0
    /// Not asked yet, in order.
    var candidates: [String]
    var triedCount = 0
    /// A datacenter could not be asked, or did not answer.
    var isPartial = false
    var attempts: [Attempt] = []
    /// When the best answer at hand is taken.
    var decideAt = Instant.distantFuture

    /// The answer to take now: that of the earliest attempt that is not under way before it.
    /// - Parameter isLate: the preferred ones have had their time.
    func winner(isLate: Bool) -> Attempt? {
        for attempt in attempts.sorted(by: { $0.position < $1.position }) {
            if let rows = attempt.answer?.nodes, !rows.isEmpty { return attempt }
            if !attempt.hasEnded && !isLate { return nil }
        }
        return nil
    }

    var hasRows: Bool { attempts.contains { $0.answer?.nodes?.isEmpty == false } }
    var isWaiting: Bool { attempts.contains { !$0.hasEnded } }
}

/// Failovers under way by the numbers of their requests, which bound them.
struct FailoverTable: Sendable {
    private var entries: [UInt64: QueryFailover] = [:]
    private var byCall: [CallID: UInt64] = [:]

    var nextDeadline: Instant { entries.values.reduce(.distantFuture) { min($0, $1.decideAt) } }

    subscript(number: UInt64) -> QueryFailover? {
        get { entries[number] }
        set {
            for attempt in entries[number]?.attempts ?? [] { byCall[attempt.call] = nil }
            entries[number] = newValue
            for attempt in newValue?.attempts ?? [] where !attempt.hasEnded { byCall[attempt.call] = number }
        }
    }

    func number(of call: CallID) -> UInt64? { byCall[call] }

    func due(at now: Instant) -> [UInt64] {
        entries.isEmpty ? [] : entries.filter { $0.value.decideAt <= now }.map(\.key).sorted()
    }
}
