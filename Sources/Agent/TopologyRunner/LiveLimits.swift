package import TopologyCore

/// What real processes on loopback addresses cannot do, said before anything is started.
package enum LiveLimits {
    private static let simulation = "needs --simulate"
    private static let shaping = "needs shaped links (root) or --simulate"

    package static func problems(of topology: Topology) -> [TopologyProblem] {
        var problems: [TopologyProblem] = []
        func refuse(_ position: TopologyPosition, _ what: String, _ reason: String) {
            problems.append(TopologyProblem(position, "\(what): \(reason)"))
        }
        if let position = topology.links.position { refuse(position, "links", shaping) }
        for producer in topology.producers {
            if producer.family == .ipv6 { refuse(producer.position, "family: ipv6", simulation) }
            if !producer.behaviour.isEmpty { refuse(producer.position, "behaviour", simulation) }
        }
        for load in topology.loads { refuse(load.position, "load beside the steps", simulation) }
        for entry in topology.schedule { refuse(entry.position, "schedule", simulation) }
        for expectation in topology.expectations { refuse(expectation.position, "expect of the run", simulation) }
        for action in topology.steps.flatMap(\.actions) {
            if let reason = reason(against: action.kind) { refuse(action.position, action.description, reason) }
        }
        for expectation in topology.steps.flatMap(\.expectations) {
            if let reason = reason(against: expectation.kind) {
                refuse(expectation.position, expectation.description, reason)
            }
        }
        return TopologyError(problems).problems
    }

    private static func reason(against action: TopologyAction.Kind) -> String? {
        switch action {
        case .partition, .bridge, .ring, .cut, .heal, .clog, .unclog: return shaping
        case .slowDisk, .fullDisk, .mendDisk, .clockSkew, .clockJump: return simulation
        case .restart(_, .unsyncedLost): return "\(simulation): the kernel keeps what a killed process wrote"
        case .load(let load):
            let isPlain = load.kind == .kvWrite && load.keyCount == nil && load.datacenter.isEmpty
            return isPlain ? nil : "\(simulation): a live load writes keys of its own in its own datacenter"
        case .start, .stop, .kill, .restart, .rollingRestart, .freeze, .resume, .leave, .forceLeave, .addServer,
            .removeDatacenter, .register, .put, .delete, .finish, .wait, .measure, .report:
            return nil
        }
    }

    private static func reason(against expectation: TopologyExpectation.Kind) -> String? {
        switch expectation {
        case .errorRate, .latency, .linearizable: simulation
        case .leader, .members, .instances, .key, .verdict, .refused, .writes, .nothingLost, .caughtUp, .stopped,
            .leaders, .seen:
            nil
        }
    }
}
