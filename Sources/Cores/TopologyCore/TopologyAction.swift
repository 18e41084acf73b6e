import Configuration

/// Something done to the federation.
package struct TopologyAction: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case start(TopologySelector)
        /// SIGTERM, then waiting for the exit.
        case stop(TopologySelector)
        /// SIGKILL. `alias` names what was met for later steps.
        case kill(TopologySelector, alias: String?)
        /// Starts again what does not run.
        case restart(TopologySelector, disk: Disk)
        /// One after the other is stopped and started; the next one `pause` after it runs again.
        case rollingRestart(TopologySelector, pause: Duration)
        case freeze(TopologySelector)
        case resume(TopologySelector)
        /// Leaves both pools and ends.
        case leave(TopologySelector)
        /// A failed member is told to have left, by the agents at which it is asked for.
        case forceLeave(agent: String, at: TopologySelector)
        /// A datacenter is forgotten by the federation, asked for at one of those; forced, also one that answers.
        case forget(String, at: TopologySelector, isForced: Bool)
        /// Starts a server that did not exist before; it joins its datacenter.
        case addServer(String, datacenter: String)
        /// All its agents leave, clients first.
        case removeDatacenter(String)

        /// Registers producers at their agents by HTTP.
        case register(TopologySelector)
        /// Writes a key through an agent.
        case put(key: String, value: String, at: TopologySelector, datacenter: String)
        case delete(key: String, at: TopologySelector, datacenter: String)
        /// Begins a load.
        case load(Topology.Load)
        case finish(load: String)
        case wait(Duration)
        /// Sends GET `count` times, one after the other, for the table's percentiles.
        case measure(label: String, path: String, at: TopologySelector, count: Int)
        /// Notes when a WAN member status is first seen, without waiting for it.
        case report(label: String, datacenter: String, status: String, from: TopologySelector)

        /// Nothing passes between agents of different groups, silently; agents in no group are not touched.
        case partition([TopologySelector])
        /// As a partition of the two groups, but the bridge hears both and is heard by both.
        case bridge(TopologySelector, between: [TopologySelector])
        /// Each end hears the one before and the one behind it, the last and the first being neighbours.
        case ring([TopologySelector])
        /// Nothing passes, silently.
        case cut(Direction)
        /// Ends what partition, bridge, ring and cut did; nil: everywhere. Clogs stay.
        case heal(Direction?)
        /// Lays values over the links of that direction.
        case clog(Direction, Topology.LinkValues)
        /// nil: everywhere.
        case unclog(Direction?)

        /// Every sync takes that much longer.
        case slowDisk(TopologySelector, latency: Duration)
        /// Writes fail as those of a full file system do.
        case fullDisk(TopologySelector)
        /// Ends `slowDisk` and `fullDisk`.
        case mendDisk(TopologySelector)
        /// The clock runs that much faster than time; 1 is right.
        case clockSkew(TopologySelector, rate: Double)
        /// The clock is set forward, or back when negative.
        case clockJump(TopologySelector, by: Duration)
    }

    package enum Disk: String, Sendable, CaseIterable {
        case kept
        /// As new.
        case empty
        /// Without what was written and not synced, as after a power cut.
        case unsyncedLost = "unsynced-lost"
    }

    package struct Direction: Equatable, Sendable, CustomStringConvertible {
        package var from: TopologySelector
        package var to: TopologySelector
        /// Also from `to` to `from`.
        package var isBothWays: Bool

        package var description: String { isBothWays ? "between \(from) and \(to)" : "\(from) to \(to)" }
    }

    package var position: TopologyPosition
    package var kind: Kind

    package init(position: TopologyPosition, kind: Kind) {
        self.position = position
        self.kind = kind
    }
}

extension TopologyAction {
    /// The request of a `forget` action.
    package static func forgetting(_ datacenter: String, isForced: Bool) -> String {
        "/v1/federation/forget/\(datacenter)\(isForced ? "?force" : "")"
    }
}

extension TopologyAction: CustomStringConvertible {
    package var description: String {
        switch kind {
        case .start(let who): "start \(who)"
        case .stop(let who): "stop \(who)"
        case .kill(let who, let alias): "kill \(who)\(alias.map { " as \($0)" } ?? "")"
        case .restart(let who, .kept): "restart \(who)"
        case .restart(let who, let disk): "restart \(who) with its disk \(disk.rawValue)"
        case .rollingRestart(let who, let pause):
            "restart \(who) one after the other, \(DurationText.text(pause)) between"
        case .freeze(let who): "freeze \(who)"
        case .resume(let who): "continue \(who)"
        case .leave(let who): "\(who) leave"
        case .forceLeave(let agent, let at): "force \(agent) to leave at \(at)"
        case .forget(let name, let at, let isForced): "forget \(name) at \(at)\(isForced ? " by force" : "")"
        case .addServer(let name, let datacenter): "add server \(name) to \(datacenter)"
        case .removeDatacenter(let name): "remove datacenter \(name)"
        case .register(let who): "register \(who)"
        case .put(let key, _, let at, let datacenter):
            "put \(key) at \(at)\(datacenter.isEmpty ? "" : " for \(datacenter)")"
        case .delete(let key, let at, let datacenter):
            "delete \(key) at \(at)\(datacenter.isEmpty ? "" : " for \(datacenter)")"
        case .load(let load): "load \(load.name): \(load.kind.rawValue) \(load.rate) a second through \(load.through)"
        case .finish(let name): "finish \(name)"
        case .wait(let time): "wait \(DurationText.text(time))"
        case .measure(let label, _, _, _): "measure \(label)"
        case .report(let label, _, _, _): "report \(label)"
        case .partition(let groups): "partition \(groups.map(\.description).joined(separator: " | "))"
        case .bridge(let who, let groups):
            "bridge \(who) between \(groups.map(\.description).joined(separator: " | "))"
        case .ring(let ends): "ring \(ends.map(\.description).joined(separator: ", "))"
        case .cut(let direction): "cut \(direction)"
        case .heal(let direction): "heal \(direction?.description ?? "everything")"
        case .clog(let direction, _): "clog \(direction)"
        case .unclog(let direction): "unclog \(direction?.description ?? "everything")"
        case .slowDisk(let who, let latency): "slow disk of \(who): \(DurationText.text(latency))"
        case .fullDisk(let who): "full disk of \(who)"
        case .mendDisk(let who): "mend disk of \(who)"
        case .clockSkew(let who, let rate): "clock of \(who) runs at \(rate)"
        case .clockJump(let who, let time): "clock of \(who) jumps by \(DurationText.text(time))"
        }
    }
}
