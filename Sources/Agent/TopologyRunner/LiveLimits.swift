import Glibc
package import TopologyCore

/// What a machine lets a live run do.
package struct LiveMeans: Equatable, Sendable {
    /// Network namespaces with TUN devices, and mounts.
    package var isRoot: Bool
    package var hasTUN: Bool

    package init(isRoot: Bool, hasTUN: Bool) {
        self.isRoot = isRoot
        self.hasTUN = hasTUN
    }

    package static var present: LiveMeans {
        LiveMeans(isRoot: geteuid() == 0, hasTUN: access("/dev/net/tun", R_OK | W_OK) == 0)
    }

    /// Nil when links can be shaped.
    var reasonAgainstShaping: String? {
        if !isRoot { return "needs root, for network namespaces and TUN devices, or --simulate" }
        return hasTUN ? nil : "needs /dev/net/tun (modprobe tun), or --simulate"
    }

    /// Nil when a disk can be full.
    var reasonAgainstMounts: String? { isRoot ? nil : "needs root, to mount a small tmpfs, or --simulate" }
}

/// What of a machine a live run of a topology needs beside processes and loopback addresses.
struct LiveNeeds {
    /// The file speaks of links, or acts on them.
    let isShaped: Bool
    /// Agents whose disks may become full.
    let fullDisks: [String]

    init(_ topology: Topology) {
        let actions = topology.steps.flatMap(\.actions) + topology.schedule.flatMap(\.actions)
        isShaped = topology.links.position != nil || actions.contains { $0.kind.linkEnds != nil }
        let isFull = actions.contains { if case .fullDisk = $0.kind { true } else { false } }
        fullDisks = isFull ? topology.agentNames : []
    }
}

/// What real processes cannot do, said before anything is started.
package enum LiveLimits {
    private static let simulation = "needs --simulate"

    package static func problems(of topology: Topology, _ means: LiveMeans) -> [TopologyProblem] {
        var problems: [TopologyProblem] = []
        func refuse(_ position: TopologyPosition, _ what: String, _ reason: String?) {
            if let reason { problems.append(TopologyProblem(position, "\(what): \(reason)")) }
        }
        if let position = topology.links.position { refuse(position, "links", means.reasonAgainstShaping) }
        for producer in topology.producers where producer.family == .ipv6 {
            refuse(producer.position, "family: ipv6", "\(simulation): a live run has IPv4 addresses")
        }
        for action in topology.steps.flatMap(\.actions) + topology.schedule.flatMap(\.actions) {
            refuse(action.position, action.description, reason(against: action.kind, means))
        }
        return TopologyError(problems).problems
    }

    private static func reason(against action: TopologyAction.Kind, _ means: LiveMeans) -> String? {
        switch action {
        case .partition, .bridge, .ring, .cut, .heal, .clog, .unclog: means.reasonAgainstShaping
        case .fullDisk, .mendDisk: means.reasonAgainstMounts
        case .slowDisk: "\(simulation): no device here can be told to be slow"
        case .clockSkew, .clockJump: "\(simulation): processes of one machine share its clock"
        case .restart(_, .unsyncedLost): "\(simulation): the kernel keeps what a killed process wrote"
        case .start, .stop, .kill, .restart, .rollingRestart, .freeze, .resume, .leave, .forceLeave,
            .forget, .addServer,
            .removeDatacenter, .register, .put, .delete, .load, .finish, .wait, .measure, .report:
            nil
        }
    }
}
