import FederationModel
import RadixTree

/// A node and everything registered on it.
struct NodeRow: Sendable {
    var node: Shared<Node>
    /// By folded instance id.
    var services = RadixTree<Shared<NodeService>>()
    /// By folded check id.
    var checks = RadixTree<Shared<HealthCheck>>()
    /// The same checks by (folded instance id, folded check id); those of the node itself stand under the empty id.
    var checksByOwner = RadixTree<Shared<HealthCheck>>()
    /// Last change of the node or its services.
    var index: UInt64
    /// Last change of its checks.
    var checksIndex: UInt64

    /// The node's own checks.
    static let nodeLevel = Fold.joined(ByteString())
}

/// One instance, by the node that carries it.
struct Instance: Sendable {
    var node: ByteString
    var service: Shared<NodeService>
}

/// All instances of one folded service name.
struct ServiceRow: Sendable {
    /// By (folded node name, folded instance id).
    var instances = RadixTree<Instance>()
    /// Last change of an instance, of its node or of a check that bears on it.
    var index: UInt64 = 0
    /// How the name is spelt, with the tags in use: one entry unless instances disagree about the case of letters.
    var spellings: [Spelling] = []

    struct Spelling: Sendable {
        var name: String
        var instanceCount = 0
        /// By bytes of the tag.
        var tags: [TagCount] = []
    }

    struct TagCount: Sendable {
        var tag: String
        /// Times the tag occurs.
        var count: Int
    }

    mutating func count(_ service: NodeService) {
        let slot = spellings.firstIndex { !$0.name.precedesInBytes(service.service) } ?? spellings.count
        if slot == spellings.count || spellings[slot].name != service.service {
            spellings.insert(Spelling(name: service.service), at: slot)
        }
        spellings[slot].instanceCount += 1
        for tag in service.tags ?? [] { spellings[slot].count(tag, 1) }
    }

    mutating func discount(_ service: NodeService) {
        guard let slot = spellings.firstIndex(where: { $0.name == service.service }) else { return }
        for tag in service.tags ?? [] { spellings[slot].count(tag, -1) }
        spellings[slot].instanceCount -= 1
        if spellings[slot].instanceCount == 0 { spellings.remove(at: slot) }
    }
}

extension ServiceRow.Spelling {
    mutating func count(_ tag: String, _ change: Int) {
        let slot = tags.firstIndex { !$0.tag.precedesInBytes(tag) } ?? tags.count
        if slot == tags.count || tags[slot].tag != tag {
            tags.insert(ServiceRow.TagCount(tag: tag, count: change), at: slot)
        } else {
            tags[slot].count += change
            if tags[slot].count == 0 { tags.remove(at: slot) }
        }
    }
}

/// The index of the last change to each table. The table of keys has its own in the tree.
struct TableIndexes: Equatable, Sendable {
    var nodes: UInt64 = 0
    var services: UInt64 = 0
    var checks: UInt64 = 0
    var coordinates: UInt64 = 0
    /// Last time a service lost its last instance: the index of services that do not exist.
    var extinction: UInt64 = 0
    var sessions: UInt64 = 0
    var queries: UInt64 = 0
}
