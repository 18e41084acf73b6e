/// Something done to the federation.
package struct TopologyAction: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case start(TopologySelector)
        /// SIGTERM, then waiting for the exit.
        case stop(TopologySelector)
        /// SIGKILL. `alias` names what was met for later steps.
        case kill(TopologySelector, alias: String?)
        /// Starts again with the disk as it is.
        case restart(TopologySelector)
        case freeze(TopologySelector)
        case resume(TopologySelector)
        /// Registers producers at their agents by HTTP.
        case register(TopologySelector)
        /// Writes a key through an agent.
        case put(key: String, value: String, at: TopologySelector, datacenter: String)
        /// Begins to write keys of its own through the agents in turn, `rate` a second, counting what is acknowledged.
        case load(name: String, through: TopologySelector, rate: Int)
        case finish(load: String)
        case wait(Duration)
        /// Sends GET `count` times, one after the other, for the table's percentiles.
        case measure(label: String, path: String, at: TopologySelector, count: Int)
        /// Notes when a WAN member status is first seen, without waiting for it.
        case report(label: String, datacenter: String, status: String, from: TopologySelector)
    }

    package var position: TopologyPosition
    package var kind: Kind
}
