import FederationModel
import RadixTree

/// Who waits for which part of the catalog. A waiter is taken out when it is woken.
///
/// Costs: adding, removing O(key bytes); waking O(touched keys and their prefixes + waiters woken): waiters of other
/// keys cost nothing. Waiters come out in the order in which they were added, whatever touched them.
package struct WatchTable<Waiter: Sendable>: Sendable {
    /// Names one entry of the table.
    package struct ID: Hashable, Comparable, Sendable {
        fileprivate let number: UInt64

        package static func < (left: ID, right: ID) -> Bool { left.number < right.number }
    }

    private typealias Bucket = [ID: Waiter]

    private var nextNumber: UInt64 = 1
    private var watched: [ID: WatchKey] = [:]
    private var keys = RadixTree<Bucket>()
    private var prefixes = RadixTree<Bucket>()
    private var others: [WatchKey: Bucket] = [:]

    package init() {}

    package var count: Int { watched.count }
    package var isEmpty: Bool { watched.isEmpty }

    @specialized(where Waiter == UInt64)
    package mutating func add(_ key: WatchKey, _ waiter: Waiter) -> ID {
        let id = ID(number: nextNumber)
        nextNumber += 1
        watched[id] = key
        switch key {
        // A longer key cannot exist in the catalog: such a waiter sits where nothing touches it until its deadline.
        case .key(let key) where RadixTree<Bucket>.accepts(key):
            keys.update(key, index: 0) { Self.insert(waiter, id, into: &$0) }
        case .prefix(let prefix) where RadixTree<Bucket>.accepts(prefix):
            prefixes.update(prefix, index: 0) { Self.insert(waiter, id, into: &$0) }
        case .key, .prefix, .nodes, .services, .node, .nodeChecks, .service, .serviceChecks, .checks, .coordinates,
            .sessions, .session, .nodeSessions, .queries, .never, .nodesAndServices, .nodesAndChecks, .registrations:
            others[key, default: [:]][id] = waiter
        }
        return id
    }

    private static func insert(_ waiter: Waiter, _ id: ID, into bucket: inout Bucket?) {
        if bucket == nil { bucket = [:] }
        bucket?[id] = waiter
    }

    /// Takes out a waiter that has gone or reached its deadline; nil when it was woken before.
    @specialized(where Waiter == UInt64)
    @discardableResult
    package mutating func remove(_ id: ID) -> Waiter? {
        guard let key = watched.removeValue(forKey: id) else { return nil }
        switch key {
        case .key(let key) where RadixTree<Bucket>.accepts(key): return Self.remove(id, at: key, from: &keys)
        case .prefix(let prefix) where RadixTree<Bucket>.accepts(prefix):
            return Self.remove(id, at: prefix, from: &prefixes)
        case .key, .prefix, .nodes, .services, .node, .nodeChecks, .service, .serviceChecks, .checks, .coordinates,
            .sessions, .session, .nodeSessions, .queries, .never, .nodesAndServices, .nodesAndChecks, .registrations:
            let waiter = others[key]?.removeValue(forKey: id)
            if others[key]?.isEmpty == true { others.removeValue(forKey: key) }
            return waiter
        }
    }

    private static func remove(_ id: ID, at key: ByteString, from tree: inout RadixTree<Bucket>) -> Waiter? {
        guard tree.get(key) != nil else { return nil }
        let (waiter, isEmpty) = tree.update(key, index: 0) { bucket in
            (bucket?.removeValue(forKey: id), bucket?.isEmpty ?? true)
        }
        if isEmpty { tree.remove(key, index: 0) }
        return waiter
    }

    /// Takes out everyone whose part changed.
    @specialized(where Waiter == UInt64)
    package mutating func takeTouched(by touched: [WatchKey]) -> [Waiter] {
        if watched.isEmpty { return [] }
        var woken: [(id: ID, waiter: Waiter)] = []
        for key in touched { take(key, into: &woken) }
        woken.sort { $0.id < $1.id }
        for entry in woken { watched.removeValue(forKey: entry.id) }
        return woken.map(\.waiter)
    }

    /// Takes out everyone: the whole state was replaced.
    package mutating func takeAll() -> [Waiter] {
        var woken: [(id: ID, waiter: Waiter)] = []
        for bucket in keys.values() + prefixes.values() + Array(others.values) { Self.move(bucket, into: &woken) }
        woken.sort { $0.id < $1.id }
        watched = [:]
        keys = RadixTree()
        prefixes = RadixTree()
        others = [:]
        return woken.map(\.waiter)
    }

    private static func move(_ bucket: Bucket, into woken: inout [(id: ID, waiter: Waiter)]) {
        for (id, waiter) in bucket { woken.append((id, waiter)) }
    }

    private mutating func take(_ touched: WatchKey, into woken: inout [(id: ID, waiter: Waiter)]) {
        switch touched {
        case .key(let key):
            if let bucket = keys.remove(key, index: 0) { Self.move(bucket, into: &woken) }
            takePrefixes(of: key, into: &woken)
        case .prefix(let prefix):
            for (_, bucket) in keys.removePrefix(prefix, index: 0) { Self.move(bucket, into: &woken) }
            for (_, bucket) in prefixes.removePrefix(prefix, index: 0) { Self.move(bucket, into: &woken) }
            takePrefixes(of: prefix, into: &woken)
        case .nodes:
            takeOther(.nodes, into: &woken)
            takeOther(.nodesAndServices, into: &woken)
            takeOther(.nodesAndChecks, into: &woken)
            takeOther(.registrations, into: &woken)
        case .services:
            takeOther(.services, into: &woken)
            takeOther(.nodesAndServices, into: &woken)
            takeOther(.registrations, into: &woken)
        case .checks(let state):
            takeOther(.checks(state: state), into: &woken)
            takeOther(.checks(state: nil), into: &woken)
            takeOther(.nodesAndChecks, into: &woken)
            takeOther(.registrations, into: &woken)
        case .node, .nodeChecks, .service, .serviceChecks, .coordinates, .sessions, .session, .nodeSessions, .queries,
            .never, .nodesAndServices, .nodesAndChecks, .registrations:
            takeOther(touched, into: &woken)
        }
    }

    private mutating func takePrefixes(of key: ByteString, into woken: inout [(id: ID, waiter: Waiter)]) {
        if prefixes.isEmpty { return }
        var found: [ByteString] = []
        prefixes.forEachPrefix(of: key) { bytes, _ in found.append(bytes) }
        for prefix in found {
            if let bucket = prefixes.remove(prefix, index: 0) { Self.move(bucket, into: &woken) }
        }
    }

    private mutating func takeOther(_ key: WatchKey, into woken: inout [(id: ID, waiter: Waiter)]) {
        if let bucket = others.removeValue(forKey: key) { Self.move(bucket, into: &woken) }
    }
}
