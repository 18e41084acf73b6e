import FederationModel
import RadixTree

/// The replicated state of one datacenter: nodes, services, checks, coordinates and keys. A value of persistent maps:
/// a copy is a snapshot that shares structure, made in O(1), and answers reads on any thread.
///
/// `apply` is deterministic: the same commands at the same indexes give the same catalog, byte for byte in
/// `snapshot()`, on every server. Later kinds of state (sessions, prepared queries) are further tables here, with
/// their commands in `Command` and their reads in `answer`.
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
    var indexes = TableIndexes()

    /// The index of the last command applied; 0 before any.
    package var appliedIndex: UInt64 = 0

    private var touchedKeys: [WatchKey] = []

    package init() {}

    /// Applies one committed command. Refusals are part of the state machine: every server refuses alike.
    package mutating func apply(_ command: Command, at index: UInt64) -> ApplyResult {
        appliedIndex = max(appliedIndex, index)
        switch command {
        case .register(let request): return register(request, at: index)
        case .deregister(let request): return deregister(request, at: index)
        case .kvs(let request): return applyKey(request, at: index)
        case .coordinateBatch(let batch): return update(batch, at: index)
        }
    }

    mutating func touch(_ key: WatchKey) { touchedKeys.append(key) }

    /// What commands changed since this was last asked, in the order of the changes, each once. Ask after each batch,
    /// before copying the catalog for readers.
    package mutating func takeTouched() -> [WatchKey] {
        if touchedKeys.isEmpty { return [] }
        var seen: Set<WatchKey> = []
        let touched = touchedKeys.filter { seen.insert($0).inserted }
        touchedKeys.removeAll(keepingCapacity: touchedKeys.capacity <= 1024)
        return touched
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
