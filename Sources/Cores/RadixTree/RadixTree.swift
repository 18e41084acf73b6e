public import FederationModel

/// A persistent ordered map from byte strings: a compressed radix tree whose copies share structure.
///
/// A copy is one retain; a change copies the nodes on one path that another copy still sees, and works in place on
/// those nobody else sees. Each node carries the highest index at or below it, so asking whether anything under a
/// prefix changed is one walk of the prefix. The shape depends on the keys alone; the indexes depend on the history of
/// changes, which `raisedPaths` and `raise(_:to:)` carry over a snapshot.
///
/// Costs: `get`, `set` and `remove` O(key bytes), independent of the number of keys.
public struct RadixTree<Value> {
    /// Longer keys are refused by `accepts(_:)`: depth is at most the key's length, and releasing a tree recurses
    /// through its depth (some 500 bytes of stack a level).
    @inlinable public static var maxKeyBytes: Int { 4096 }

    @usableFromInline var root: TreeNode
    @usableFromInline var keyCount: Int

    package init() {
        root = TreeNode(label: [], index: 0)
        keyCount = 0
    }

    /// Keys in the tree.
    package var count: Int { keyCount }

    /// Callers check keys from outside before they write; `set` stops the process on a key that is too long.
    @inlinable public static func accepts(_ key: ByteString) -> Bool { key.count <= maxKeyBytes }

    package var isEmpty: Bool { keyCount == 0 }

    /// The highest index of any change ever made here, removals included.
    package var maxIndex: UInt64 { root.maxIndex }
}

// Sendable as its nodes are; see there.
extension RadixTree: @unchecked Sendable where Value: Sendable {}

extension RadixTree {
    @inlinable static func value(_ object: AnyObject) -> Value? {
        unsafeDowncast(object, to: ValueBox<Value>.self).value
    }

    @usableFromInline func find(_ key: [UInt8]) -> TreeNode? {
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

    @inlinable public func get(_ key: ByteString) -> Value? { find(key.bytes)?.value.flatMap(Self.value) }

    /// What the body makes of the value of a key where it stands: a large one is not copied. Nil without the key.
    @inlinable public func look<R>(_ key: ByteString, _ body: (Value) -> R) -> R? {
        guard let object = find(key.bytes)?.value else { return nil }
        let box = unsafeDowncast(object, to: ValueBox<Value>.self)
        return box.value.map(body)
    }

    /// The index given with the last `set` of this key; nil when there is no such key.
    @inlinable public func index(of key: ByteString) -> UInt64? {
        guard let node = find(key.bytes), node.value != nil else { return nil }
        return node.index
    }

    /// - Returns: the value that was there before.
    /// - Precondition: `accepts(key)`.
    @inlinable @discardableResult
    public mutating func set(_ key: ByteString, _ value: Value, index: UInt64) -> Value? {
        precondition(Self.accepts(key), "a key of \(key.count) bytes")
        var old: AnyObject?
        let box = ValueBox<Value>(value)
        TreeNode.update(&root, key.bytes, from: 0, index) { slot in
            old = slot
            slot = box
        }
        if old == nil { keyCount += 1 }
        return old.flatMap(Self.value)
    }

    /// Changes the value of one key in place, creating the key when there is none. Every node above it gets `index`.
    /// The body must leave a value.
    /// - Precondition: `accepts(key)`.
    @inlinable public mutating func update<R>(_ key: ByteString, index: UInt64, _ body: (inout Value?) -> R) -> R {
        precondition(Self.accepts(key), "a key of \(key.count) bytes")
        var isNew = false
        var result: R?
        TreeNode.update(&root, key.bytes, from: 0, index) { slot in
            isNew = slot == nil
            if !isKnownUniquelyReferenced(&slot) { slot = ValueBox<Value>(slot.flatMap(Self.value)) }
            guard let object = slot else { return }
            let box = unsafeDowncast(object, to: ValueBox<Value>.self)
            result = body(&box.value)
            precondition(box.value != nil, "an update left no value")
        }
        if isNew { keyCount += 1 }
        guard let result else { preconditionFailure("an update was not run") }
        return result
    }

    /// Removes one key; the index is raised on its path, down to the last node that remains. Without such a key
    /// nothing changes.
    @inlinable @discardableResult
    public mutating func remove(_ key: ByteString, index: UInt64) -> Value? {
        guard let node = find(key.bytes), node.value != nil else { return nil }
        keyCount -= 1
        return TreeNode.remove(&root, key.bytes, from: 0, index).flatMap(Self.value)
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
        keyCount -= removed.count
        if prefix.isEmpty {
            root = TreeNode(label: [], index: max(root.maxIndex, index))
        } else {
            TreeNode.removeSubtree(&root, prefix.bytes, from: 0, index)
        }
        return removed
    }
}
