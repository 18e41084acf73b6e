import FederationModel
import RadixTree
import WireFormat

/// The replicated state of one datacenter: nodes, services, checks, coordinates, keys, sessions and prepared queries.
/// A value of persistent maps: a copy is a snapshot that shares structure, made in O(1), and answers reads on any
/// thread.
///
/// `apply` is deterministic: the same commands at the same indexes give the same catalog, byte for byte in
/// `snapshot()`, on every server. A further kind of state is a table here, with its commands in `Command` and its reads
/// in `answer`.
package struct Catalog: Sendable {
    var keys = RadixTree<DirEntry>()
    /// By folded name.
    var nodes = RadixTree<NodeRow>()
    /// Folded node ID to folded name.
    var nodeNames = RadixTree<ByteString>()
    /// By folded name.
    var services = RadixTree<ServiceRow>()
    /// By (state, folded node name, folded check id).
    var checksByState = RadixTree<Shared<HealthCheck>>()
    /// By (folded service name, folded node name, folded check id); the checks of nodes are not in it.
    var checksByService = RadixTree<Shared<HealthCheck>>()
    /// By (folded node name, segment).
    var coordinates = RadixTree<Coordinate>()
    /// By the digits of the id.
    var sessions = RadixTree<SessionRow>()
    /// (folded node name, id) to id.
    var sessionsByNode = RadixTree<ByteString>()
    /// (folded node name, folded check id, id) to id.
    var sessionsByCheck = RadixTree<ByteString>()
    /// Prepared queries by the digits of the id.
    var queries = RadixTree<PreparedQuery>()
    /// Folded name to id, those of templates among them.
    var queryNames = RadixTree<ByteString>()
    /// Folded prefix to id; the empty one is the template of all names.
    var templates = RadixTree<ByteString>()
    /// (session, id) to id.
    var queriesBySession = RadixTree<ByteString>()
    /// Nil until an operator sets one: `AutopilotConfiguration.standard` holds then.
    var autopilot: AutopilotConfiguration?
    var indexes = TableIndexes()

    /// The index of the last command applied; 0 before any.
    package var appliedIndex: UInt64 = 0

    /// Of the last `restore`, which brings modify indexes of another history, or of the leader's snapshot that took
    /// this catalog's place; 0 before any. Not in snapshots: what is compared by it does not outlive the process.
    package var restoreIndex: UInt64 = 0

    private var touchedKeys: [WatchKey] = []
    /// What `takeLockDelays` gives.
    var delayed: [LockDelay] = []

    package init() {}

    /// Applies one committed command. Refusals are part of the state machine: every server refuses alike.
    package mutating func apply(_ command: Command, at index: UInt64) -> ApplyResult {
        appliedIndex = max(appliedIndex, index)
        switch command {
        case .register(let request): return register(request, at: index)
        case .deregister(let request): return deregister(request, at: index)
        case .kvs(let request): return applyKey(request, at: index)
        case .coordinateBatch(let batch): return update(batch, at: index)
        case .session(let request): return applySession(request, at: index)
        case .txn(let operations): return applyTransaction(operations, at: index)
        case .preparedQuery(let request): return applyQuery(request, at: index)
        case .autopilot(let request): return applyAutopilot(request, at: index)
        case .restore(let state): return restore(state, at: index)
        }
    }

    private mutating func restore(_ state: ByteString, at index: UInt64) -> ApplyResult {
        do {
            self = try Catalog(snapshot: state.bytes)
        } catch {
            return .refused("failed to restore snapshot: \(error.description)")
        }
        appliedIndex = index
        restoreIndex = index
        return .done
    }

    mutating func touch(_ key: WatchKey) { touchedKeys.append(key) }

    /// What commands changed since this was last asked, in the order of the changes, each once. Ask after each batch,
    /// before copying the catalog for readers.
    package mutating func takeTouched() -> [WatchKey] {
        if touchedKeys.isEmpty { return [] }
        var seen: Set<WatchKey> = []
        let touched = touchedKeys.filter { seen.insert($0).inserted }
        forgetTouched()
        return touched
    }

    /// Asked in place, after every batch: a computed property would be asked of a copy.
    package mutating func isUntouched() -> Bool { touchedKeys.isEmpty }

    /// The same where nobody waits for anything.
    package mutating func forgetTouched() {
        if !touchedKeys.isEmpty { touchedKeys.removeAll(keepingCapacity: touchedKeys.capacity <= 1024) }
    }

    private mutating func update(_ batch: [Coordinate], at index: UInt64) -> ApplyResult {
        var isChanged = false
        for coordinate in batch {
            let node = Fold.folded(coordinate.node)
            // A node that was deregistered meanwhile has no place to keep one.
            guard coordinate.segment.utf8.count <= Fold.maxNameBytes, nodes.get(node) != nil else { continue }
            coordinates.set(Fold.joined(node, ByteString(coordinate.segment)), coordinate, index: index)
            isChanged = true
        }
        if isChanged {
            indexes.coordinates = index
            touch(.coordinates)
        }
        return .done
    }
}
