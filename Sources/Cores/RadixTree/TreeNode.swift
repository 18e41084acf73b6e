/// Node of a `RadixTree`. Values stand behind `AnyObject`, so that walking a tree is one compiled function for every
/// kind of value: a generic node would be walked through type metadata in other modules, ten times slower.
///
/// Sendable because a node is changed only while one tree alone refers to it (`isKnownUniquelyReferenced` on the whole
/// path): what two threads can reach is never written.
@usableFromInline final class TreeNode: @unchecked Sendable {
    struct Edge {
        /// First byte of the child's label.
        let byte: UInt8
        var node: TreeNode
    }

    // Unchecked: a change holds the edges of all nodes on its path at once, and asking the runtime at each whether
    // somebody else does is a twentieth of what a follower does for a write. Nobody can: a node is changed only while
    // one tree alone refers to it, and that tree is a value, whose exclusivity is checked where it stands.

    /// Bytes between the parent's path and this one's; empty only at the root.
    @exclusivity(unchecked) var label: [UInt8]
    /// A `ValueBox`.
    @exclusivity(unchecked) @usableFromInline var value: AnyObject?
    /// Index of the last change of `value`; 0 without a value.
    @exclusivity(unchecked) @usableFromInline var index: UInt64
    /// Highest index at or below, removals included.
    @exclusivity(unchecked) var maxIndex: UInt64
    /// By first byte.
    @exclusivity(unchecked) var edges: [Edge]

    init(label: [UInt8], value: AnyObject? = nil, index: UInt64) {
        self.label = label
        self.value = value
        self.index = value == nil ? 0 : index
        maxIndex = index
        edges = []
    }

    init(copying other: TreeNode) {
        label = other.label
        value = other.value
        index = other.index
        maxIndex = other.maxIndex
        edges = other.edges
    }

    static func makeUnique(_ node: inout TreeNode) {
        if !isKnownUniquelyReferenced(&node) { node = TreeNode(copying: node) }
    }

    /// The first edge whose byte is at least `byte`.
    func slot(of byte: UInt8) -> Int {
        edges.withUnsafeBufferPointer { edges in
            var low = 0
            var high = edges.count
            while low < high {
                let middle = (low + high) / 2
                if edges[middle].byte < byte { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    func child(_ byte: UInt8) -> TreeNode? {
        let slot = slot(of: byte)
        return slot < edges.count && edges[slot].byte == byte ? edges[slot].node : nil
    }

    /// Bytes that `label` and `key` from `offset` on have in common.
    func common(with key: [UInt8], from offset: Int) -> Int {
        let limit = min(label.count, key.count - offset)
        var count = 0
        while count < limit, label[count] == key[offset + count] { count += 1 }
        return count
    }

    /// Changes what stands at one key, making the node when there is none. Every node above it gets `index`.
    @usableFromInline static func update(
        _ node: inout TreeNode, _ key: [UInt8], from offset: Int, _ index: UInt64, _ body: (inout AnyObject?) -> Void
    ) {
        makeUnique(&node)
        if node.maxIndex < index { node.maxIndex = index }
        if offset == key.count {
            node.index = index
            return body(&node.value)
        }
        let byte = key[offset]
        let slot = node.slot(of: byte)
        guard slot < node.edges.count, node.edges[slot].byte == byte else {
            let leaf = TreeNode(label: Array(key[offset...]), index: index)
            leaf.index = index
            body(&leaf.value)
            node.edges.insert(Edge(byte: byte, node: leaf), at: slot)
            return
        }
        let common = node.edges[slot].node.common(with: key, from: offset)
        if common < node.edges[slot].node.label.count {
            makeUnique(&node.edges[slot].node)
            let lower = node.edges[slot].node
            let upper = TreeNode(label: Array(lower.label[..<common]), index: lower.maxIndex)
            lower.label.removeFirst(common)
            upper.edges = [Edge(byte: lower.label[0], node: lower)]
            node.edges[slot].node = upper
        }
        update(&node.edges[slot].node, key, from: offset + common, index, body)
    }

    @usableFromInline static func remove(
        _ node: inout TreeNode, _ key: [UInt8], from offset: Int, _ index: UInt64
    ) -> AnyObject? {
        makeUnique(&node)
        node.maxIndex = max(node.maxIndex, index)
        if offset == key.count {
            let old = node.value
            node.value = nil
            node.index = 0
            return old
        }
        let slot = node.slot(of: key[offset])
        let below = offset + node.edges[slot].node.label.count
        let old = remove(&node.edges[slot].node, key, from: below, index)
        tidy(&node, slot)
        return old
    }

    /// Restores the shape after a removal under one edge: no empty leaves, no chains without values. A joined chain
    /// keeps the higher index of the two, so a listing below it can show a newer index without a change; never an
    /// older one.
    static func tidy(_ node: inout TreeNode, _ slot: Int) {
        let child = node.edges[slot].node
        guard child.value == nil else { return }
        if child.edges.isEmpty {
            node.edges.remove(at: slot)
        } else if child.edges.count == 1 {
            let joined = TreeNode(copying: child.edges[0].node)
            joined.label = child.label + joined.label
            joined.maxIndex = child.maxIndex
            node.edges[slot].node = joined
        }
    }

    static func removeSubtree(_ node: inout TreeNode, _ prefix: [UInt8], from offset: Int, _ index: UInt64) {
        makeUnique(&node)
        node.maxIndex = max(node.maxIndex, index)
        let slot = node.slot(of: prefix[offset])
        let label = node.edges[slot].node.label.count
        if offset + label >= prefix.count {
            node.edges.remove(at: slot)
        } else {
            removeSubtree(&node.edges[slot].node, prefix, from: offset + label, index)
            tidy(&node, slot)
        }
    }

    static func raise(_ node: inout TreeNode, _ path: [UInt8], from offset: Int, _ index: UInt64) {
        makeUnique(&node)
        node.maxIndex = max(node.maxIndex, index)
        guard offset < path.count else { return }
        let slot = node.slot(of: path[offset])
        raise(&node.edges[slot].node, path, from: offset + node.edges[slot].node.label.count, index)
    }
}

/// One value of a tree. Changed in place while one node alone refers to it.
@usableFromInline final class ValueBox<Value> {
    /// Unchecked as the fields of `TreeNode` are.
    @exclusivity(unchecked) @usableFromInline var value: Value?

    @inlinable init(_ value: Value?) { self.value = value }
}
