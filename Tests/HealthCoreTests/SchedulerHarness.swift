import Determinism
import FederationModel
import HealthCore

/// A scheduler with a clock that is moved by hand from deadline to deadline.
struct SchedulerHarness {
    typealias Effect = CheckScheduler.Effect

    var scheduler: CheckScheduler
    var now = Instant.zero

    init(seed: UInt64 = 1) {
        scheduler = CheckScheduler(node: "n1", random: SeededRandom(seed: seed))
    }

    /// Effects but for log lines.
    mutating func perform(_ step: (inout CheckScheduler, Instant, inout [Effect]) throws -> Void) rethrows -> [Effect] {
        var effects: [Effect] = []
        try step(&scheduler, now, &effects)
        return effects.filter { if case .log = $0 { false } else { true } }
    }

    mutating func add(_ definition: CheckDefinition) -> [Effect] {
        perform { $0.add(definition, at: $1, into: &$2) }
    }

    /// Goes from deadline to deadline up to `end`; returns what happened, each with its instant.
    mutating func run(for span: Duration) -> [(at: Instant, effect: Effect)] {
        let end = now + span
        var found: [(at: Instant, effect: Effect)] = []
        while scheduler.nextDeadline <= end {
            now = max(now, scheduler.nextDeadline)
            found += perform { $0.advance(to: $1, into: &$2) }.map { (now, $0) }
        }
        now = end
        return found
    }

    /// Goes to the next probe and answers it after `delay`.
    mutating func answerNext(_ result: ProbeResult, after delay: Duration = .zero) -> [Effect] {
        while scheduler.nextDeadline < .distantFuture {
            now = max(now, scheduler.nextDeadline)
            for effect in perform({ $0.advance(to: $1, into: &$2) }) {
                guard case .probe(let probe, _) = effect else { continue }
                now += delay
                return perform { $0.probed(probe, result, at: $1, into: &$2) }
            }
        }
        return []
    }
}

func httpCheck(_ id: String, service: String = "", interval: Duration = .seconds(10)) -> CheckDefinition {
    var definition = CheckDefinition()
    definition.id = id
    definition.name = id
    definition.serviceID = service
    definition.http = "http://127.0.0.1:80/health"
    definition.interval = interval
    return definition
}

func ttlCheck(_ id: String, service: String = "", ttl: Duration = .seconds(10)) -> CheckDefinition {
    var definition = CheckDefinition()
    definition.id = id
    definition.name = id
    definition.serviceID = service
    definition.ttl = ttl
    return definition
}

func aliasCheck(_ id: String, service: String = "", of target: String, node: String = "") -> CheckDefinition {
    var definition = CheckDefinition()
    definition.id = id
    definition.name = id
    definition.serviceID = service
    definition.aliasService = target
    definition.aliasNode = node
    return definition
}

func answered(_ code: Int, _ reason: String = "", _ body: String = "") -> ProbeResult {
    .answered(code: code, reason: reason, body: body, timings: ProbeResult.Timings())
}
