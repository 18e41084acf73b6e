import CatalogCore
import GossipCore
import RPCCore
import RaftCore
import SerfCore

extension ServerCore {
    /// One thing that grows with what others send or ask.
    package struct Size: Sendable {
        package let name: String
        package let count: Int
        package let limit: Int
        /// Nothing of it is left when nobody has asked for anything for a while.
        package let isForRequests: Bool
    }

    /// What must stay bounded, with its bounds, for checkers: always in the same order. O(1) for each. Mutating, so
    /// that the agent is asked where it stands: a copy would cost more.
    package mutating func findSizes() -> [Size] {
        func size(_ name: String, _ count: Int, _ limit: Int, isForRequests: Bool = false) -> Size {
            Size(name: name, count: count, limit: limit, isForRequests: isForRequests)
        }
        // A blocking query waits for as long as its client lets it.
        let waiterCount = (replica?.waiters.count ?? 0) + (replica?.woken.count ?? 0)
        let broadcasts = lan.findQueued()
        var sizes = [
            size("requests", requests.count - waiterCount, RequestTable.maxCount, isForRequests: true),
            // A request is parked once at a time.
            size("parked requests", requests.parked.count, RequestTable.maxCount, isForRequests: true),
            size("server RPC calls", switchboard.callCount, RPCLimits().maxCalls),
            size("server RPC connections", switchboard.connectionCount, RPCLimits().maxConnections),
            size("LAN broadcasts", broadcasts.count, broadcasts.limit),
        ]
        if let (count, limit) = wan?.findQueued() {
            sizes.append(size("WAN broadcasts", count, limit))
        }
        guard replica != nil else { return sizes }
        let limit = RequestTable.maxCount
        sizes += [
            size("proposals", replica!.proposals.count, limit, isForRequests: true),
            size("confirmed reads", replica!.confirmedReads.count, limit, isForRequests: true),
            // A write stalls for two election timeouts at most before leadership goes; followers get so many appends.
            size("messages held for the disk", replica!.held.count, 16_384, isForRequests: true),
            // Four thresholds, what is kept behind a snapshot, and a burst while one is being written.
            size(
                "log entries in memory", replica!.node.log.count,
                8 * configuration.snapshotThreshold + configuration.trailingLogCount + 16_384),
        ]
        return sizes
    }
}
