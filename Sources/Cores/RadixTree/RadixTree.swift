package import FederationModel

/// A persistent ordered map from byte strings: a compressed radix tree whose copies share structure.
///
/// A copy is one retain; a change copies the nodes on one path that another copy still sees, and works in place on
/// those nobody else sees. Each node carries the highest index at or below it, so asking whether anything under a
/// prefix changed is one walk of the prefix. The shape depends on the keys alone; the indexes depend on the history of
/// changes, which `raisedPaths` and `raise(_:to:)` carry over a snapshot.
///
/// Costs: `get`, `set` and `remove` O(key bytes), independent of the number of keys.
package struct RadixTree<Value> {
    /// Longer keys are refused by `accepts(_:)`: depth is at most the key's length, and releasing a tree recurses
    /// through its depth (some 500 bytes of stack a level).
    package static var maxKeyBytes: Int { 4096 }

    @usableFromInline var root: Node
    /// Keys in the tree.
    package private(set) var count: Int

    package init() {
        root = Node(label: [], index: 0)
        count = 0
    }

    /// Callers check keys from outside before they write; `set` stops the process on a key that is too long.
    package static func accepts(_ key: ByteString) -> Bool { key.count <= maxKeyBytes }

    package var isEmpty: Bool { count == 0 }

    /// The highest index of any change ever made here, removals included.
    @inlinable package var maxIndex: UInt64 { root.maxIndex }
}

// Nodes are changed only while one tree alone refers to them (`isKnownUniquelyReferenced` on the whole path), so a
// node that two threads can reach is never written.
extension RadixTree: @unchecked Sendable where Value: Sendable {}

extension RadixTree {
    @usableFromInline struct Edge {
        /// First byte of the child's label.
        @usableFromInline let byte: UInt8
        @usableFromInline var node: Node

        @inlinable init(byte: UInt8, node: Node) {
            self.byte = byte
            self.node = node
        }
    }

    @usableFromInline final class Node {
        /// Bytes between the parent's path and this one's; empty only at the root.
        @usableFromInline var label: [UInt8]
        @usableFromInline var value: Value?
        /// Index of the last change of `value`; 0 without a value.
        @usableFromInline var index: UInt64
        /// Highest index at or below, removals included.
        @usableFromInline var maxIndex: UInt64
        /// By first byte.
        @usableFromInline var edges: [Edge]

        @inlinable init(label: [UInt8], value: Value? = nil, index: UInt64) {
            self.label = label
            self.value = value
            self.index = value == nil ? 0 : index
            maxIndex = index
            edges = []
        }

        @inlinable init(copying other: Node) {
            label = other.label
            value = other.value
            index = other.index
            maxIndex = other.maxIndex
            edges = other.edges
        }

        /// The first edge whose byte is at least `byte`.
        @inlinable func slot(of byte: UInt8) -> Int {
            var low = 0
            var high = edges.count
            while low < high {
                let middle = (low + high) / 2
                if edges[middle].byte < byte { low = middle + 1 } else { high = middle }
            }
            return low
        }

        @inlinable func child(_ byte: UInt8) -> Node? {
            let slot = slot(of: byte)
            return slot < edges.count && edges[slot].byte == byte ? edges[slot].node : nil
        }

        /// Bytes that `label` and `key` from `offset` on have in common.
        @inlinable func common(with key: [UInt8], from offset: Int) -> Int {
            let limit = min(label.count, key.count - offset)
            var count = 0
            while count < limit, label[count] == key[offset + count] { count += 1 }
            return count
        }
    }

    @inlinable static func makeUnique(_ node: inout Node) {
        if !isKnownUniquelyReferenced(&node) { node = Node(copying: node) }
    }
}

extension RadixTree {
    @inlinable func find(_ key: [UInt8]) -> Node? {
        var node = root
        var offset = 0
        while offset < key.count {
            guard let child = node.child(key[offset]) else { return nil }
            guard child.common(with: key, from: offset) == child.label.count else { return nil }
            offset += child.label.count
            node = child
        }
        return node
    }

    @inlinable package func get(_ key: ByteString) -> Value? { find(key.bytes)?.value }

    /// The index given with the last `set` of this key; nil when there is no such key.
    package func index(of key: ByteString) -> UInt64? {
        guard let node = find(key.bytes), node.value != nil else { return nil }
        return node.index
    }

    /// - Returns: the value that was there before.
    /// - Precondition: `accepts(key)`.
    @discardableResult @inlinable
    package mutating func set(_ key: ByteString, _ value: Value, index: UInt64) -> Value? {
        update(key, index: index) { slot in
            let old = slot
            slot = value
            return old
        }
    }

    /// Changes the value of one key in place, creating the key when there is none. Every node above it gets `index`.
    /// The body must leave a value.
    /// - Precondition: `accepts(key)`.
    @inlinable
    package mutating func update<R>(_ key: ByteString, index: UInt64, _ body: (inout Value?) -> R) -> R {
        precondition(Self.accepts(key), "a key of \(key.count) bytes")
        var isNew = false
        let result = Self.update(&root, key.bytes, from: 0, index, &isNew, body)
        if isNew { increment() }
        return result
    }

    @usableFromInline mutating func increment() { count += 1 }

    @inlinable static func update<R>(
        _ node: inout Node, _ key: [UInt8], from offset: Int, _ index: UInt64, _ isNew: inout Bool,
        _ body: (inout Value?) -> R
    ) -> R {
        makeUnique(&node)
        if node.maxIndex < index { node.maxIndex = index }
        if offset == key.count {
            isNew = node.value == nil
            node.index = index
            let result = body(&node.value)
            precondition(node.value != nil, "an update left no value")
            return result
        }
        let byte = key[offset]
        let slot = node.slot(of: byte)
        guard slot < node.edges.count, node.edges[slot].byte == byte else {
            var value: Value?
            let result = body(&value)
            precondition(value != nil, "an update left no value")
            isNew = true
            node.edges.insert(
                Edge(byte: byte, node: Node(label: Array(key[offset...]), value: value, index: index)), at: slot)
            return result
        }
        let common = node.edges[slot].node.common(with: key, from: offset)
        if common < node.edges[slot].node.label.count {
            makeUnique(&node.edges[slot].node)
            let lower = node.edges[slot].node
            let upper = Node(label: Array(lower.label[..<common]), index: lower.maxIndex)
            lower.label.removeFirst(common)
            upper.edges = [Edge(byte: lower.label[0], node: lower)]
            node.edges[slot].node = upper
        }
        return update(&node.edges[slot].node, key, from: offset + common, index, &isNew, body)
    }

    /// Removes one key; the index is raised on its path, down to the last node that remains. Without such a key
    /// nothing changes.
    @discardableResult
    package mutating func remove(_ key: ByteString, index: UInt64) -> Value? {
        guard let node = find(key.bytes), node.value != nil else { return nil }
        count -= 1
        return Self.remove(&root, key.bytes, from: 0, index)
    }

    private static func remove(
        _ node: inout Node, _ key: [UInt8], from offset: Int, _ index: UInt64
    ) -> Value? {
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
    private static func tidy(_ node: inout Node, _ slot: Int) {
        let child = node.edges[slot].node
        guard child.value == nil else { return }
        if child.edges.isEmpty {
            node.edges.remove(at: slot)
        } else if child.edges.count == 1 {
            let joined = Node(copying: child.edges[0].node)
            joined.label = child.label + joined.label
            joined.maxIndex = child.maxIndex
            node.edges[slot].node = joined
        }
    }

    /// Removes every key with this prefix.
    /// - Returns: the removed entries in key order; empty when nothing changed. O(prefix + entries removed).
    @discardableResult
    package mutating func removePrefix(_ prefix: ByteString, index: UInt64) -> [(key: ByteString, value: Value)] {
        var removed: [(key: ByteString, value: Value)] = []
        forEach(under: prefix) { key, value in
            removed.append((key, value))
            return true
        }
        if removed.isEmpty { return [] }
        count -= removed.count
        if prefix.isEmpty {
            root = Node(label: [], index: max(root.maxIndex, index))
        } else {
            Self.removeSubtree(&root, prefix.bytes, from: 0, index)
        }
        return removed
    }

    private static func removeSubtree(_ node: inout Node, _ prefix: [UInt8], from offset: Int, _ index: UInt64) {
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
}
