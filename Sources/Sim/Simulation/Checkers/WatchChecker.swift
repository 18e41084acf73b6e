import Determinism
package import FederationModel
package import ServerCore

/// Blocking queries of a prefix miss no change: whoever waits at a server whose published keys differ from the last
/// answer is answered within the same step. One watcher at each server; its query is stale, so that it waits there.
package struct WatchChecker: Sendable {
    private struct Watcher: Sendable {
        var request: RequestID?
        var index: UInt64 = 0
        /// Of the last answer.
        var digest: UInt64 = 0
    }

    private let prefix: ByteString
    private var watchers: [Int: Watcher] = [:]
    private var hostOf: [RequestID: Int] = [:]
    /// Servers that applied something within this step.
    private var moved: Set<Int> = []
    package private(set) var answerCount = 0

    package init(prefix: String) { self.prefix = ByteString(prefix) }

    /// - Returns: the server that wants its watcher's next query, once for each start and each answer.
    package mutating func check(_ fact: Fact, _ host: Int) {
        switch fact {
        case .started: watchers[host] = Watcher()
        case .ended:
            if let request = watchers[host]?.request { hostOf[request] = nil }
            watchers[host] = nil
        case .observed(.applied), .installed: moved.insert(host)
        default: break
        }
    }

    /// Servers without a query under way, in their order.
    package var idle: [Int] { watchers.filter { $0.value.request == nil }.keys.sorted() }

    package mutating func query(_ host: Int, id: RequestID, datacenter: String) -> Request {
        watchers[host]?.request = id
        hostOf[id] = host
        var options = QueryOptions()
        options.allowStale = true
        options.minQueryIndex = watchers[host]?.index ?? 0
        options.maxQueryTime = .seconds(600)
        return .kvsList(KeyRequest(datacenter: datacenter, key: prefix, options: options))
    }

    /// - Returns: false when the request is no watcher's.
    package mutating func answered(_ id: RequestID, _ result: Result<Response, FederationError>) -> Bool {
        guard let host = hostOf.removeValue(forKey: id) else { return false }
        watchers[host]?.request = nil
        guard case .success(.dirEntries(let answer)) = result else { return true }
        answerCount += 1
        // An index that went back begins anew, as Consul tells its clients to.
        let (index, before) = (answer.meta.index, watchers[host]?.index ?? 0)
        watchers[host]?.index = index < before ? 0 : index
        watchers[host]?.digest = Self.digest(answer.entries ?? [])
        return true
    }

    package mutating func endOfStep(_ world: World) -> [String] {
        defer { moved.removeAll(keepingCapacity: true) }
        var violations: [String] = []
        for host in moved.sorted() {
            guard let watcher = watchers[host], watcher.request != nil, watcher.index > 0, let view = world.views[host],
                !world.states[host].isFrozen
            else { continue }
            let request = Request.kvsList(KeyRequest(datacenter: view.datacenter, key: prefix))
            guard case .dirEntries(let present) = world.answer(request, at: host),
                Self.digest(present.entries ?? []) != watcher.digest
            else { continue }
            watchers[host]?.digest = Self.digest(present.entries ?? [])
            violations.append(
                "a blocking query of \(prefix.text) at \(world.hosts[host]) since index \(watcher.index) was not "
                    + "answered at index \(view.appliedIndex), where the keys are others")
        }
        return violations
    }

    private static func digest(_ entries: [DirEntry]) -> UInt64 {
        var hash = EventHash()
        for entry in entries {
            hash.combine(entry.key.bytes)
            hash.combine(entry.raftIndex.modifyIndex)
        }
        return hash.value
    }
}
