package import FederationModel

extension RadixTree {
    /// The topmost node whose keys all have this prefix, and its path; nil when no key has it.
    func subtree(_ prefix: [UInt8]) -> (node: TreeNode, path: [UInt8])? {
        var node = root
        var offset = 0
        while offset < prefix.count {
            guard let child = node.child(prefix[offset]) else { return nil }
            let common = child.common(with: prefix, from: offset)
            if offset + common == prefix.count { return (child, Array(prefix[..<offset]) + child.label) }
            guard common == child.label.count else { return nil }
            offset += common
            node = child
        }
        // Only the root can be reached without keys below.
        return node.value == nil && node.edges.isEmpty ? nil : (node, prefix)
    }

    /// The highest index of any change to keys with this prefix that still have a neighbour there; nil when no key
    /// has the prefix now. After a removal under the prefix it is at least the removal's index, or nil.
    package func maxIndex(under prefix: ByteString) -> UInt64? { subtree(prefix.bytes)?.node.maxIndex }

    /// Some key has this prefix.
    package func contains(prefix: ByteString) -> Bool { subtree(prefix.bytes) != nil }

    /// Visits keys with this prefix in byte order until the body returns false.
    package func forEach(under prefix: ByteString = ByteString(), _ body: (ByteString, Value) -> Bool) {
        guard let (node, start) = subtree(prefix.bytes) else { return }
        var path = start
        _ = Self.visit(node, &path, body)
    }

    static func visit(_ node: TreeNode, _ path: inout [UInt8], _ body: (ByteString, Value) -> Bool) -> Bool {
        if let value = node.value.flatMap(value), !body(ByteString(path), value) { return false }
        for edge in node.edges {
            let length = path.count
            path.append(contentsOf: edge.node.label)
            if !visit(edge.node, &path, body) { return false }
            path.removeLast(path.count - length)
        }
        return true
    }

    /// Visits the values of keys with this prefix in byte order of their keys.
    package func forEachValue(under prefix: ByteString = ByteString(), _ body: (Value) -> Void) {
        guard let (node, _) = subtree(prefix.bytes) else { return }
        Self.visitValues(node, body)
    }

    static func visitValues(_ node: TreeNode, _ body: (Value) -> Void) {
        if let value = node.value.flatMap(value) { body(value) }
        for edge in node.edges { visitValues(edge.node, body) }
    }

    package func values(under prefix: ByteString = ByteString()) -> [Value] {
        var values: [Value] = []
        forEachValue(under: prefix) { values.append($0) }
        return values
    }

    /// Keys with this prefix, each cut behind the first `separator` after the prefix; equal ones once. Subtrees
    /// behind a separator are not visited: O(nodes before separators). An empty separator cuts nothing.
    package func firstKeys(under prefix: ByteString, separator: ByteString) -> [ByteString] {
        guard let (node, path) = subtree(prefix.bytes) else { return [] }
        var keys: [ByteString] = []
        var whole = path
        Self.collect(node, &whole, searched: prefix.count, separator.bytes, &keys)
        return keys
    }

    /// - Parameter searched: `path` holds no separator that begins before this offset.
    private static func collect(
        _ node: TreeNode, _ path: inout [UInt8], searched: Int, _ separator: [UInt8], _ keys: inout [ByteString]
    ) {
        if !separator.isEmpty {
            var start = searched
            while start + separator.count <= path.count {
                if path[start..<start + separator.count].elementsEqual(separator) {
                    keys.append(ByteString(path[..<(start + separator.count)]))
                    return
                }
                start += 1
            }
        }
        if node.value != nil { keys.append(ByteString(path)) }
        let next = max(searched, path.count - separator.count + 1)
        for edge in node.edges {
            let length = path.count
            path.append(contentsOf: edge.node.label)
            collect(edge.node, &path, searched: separator.isEmpty ? searched : next, separator, &keys)
            path.removeLast(path.count - length)
        }
    }

    /// Visits every key that is a prefix of `key`, the shortest first, `key` itself included. O(key bytes), and the
    /// bytes of what is visited.
    package func forEachPrefix(of key: ByteString, _ body: (ByteString, Value) -> Void) {
        let bytes = key.bytes
        var node = root
        var offset = 0
        while true {
            if let value = node.value.flatMap(Self.value) { body(ByteString(bytes[..<offset]), value) }
            guard offset < bytes.count, let child = node.child(bytes[offset]) else { return }
            guard child.common(with: bytes, from: offset) == child.label.count else { return }
            offset += child.label.count
            node = child
        }
    }
}

extension RadixTree {
    /// Nodes whose index is higher than what their own value and the nodes below account for: what removals left
    /// behind. With the entries and their indexes this is the whole tree.
    package var raisedPaths: [(path: ByteString, index: UInt64)] {
        var raised: [(path: ByteString, index: UInt64)] = []
        var path: [UInt8] = []
        Self.collectRaised(root, &path, &raised)
        return raised
    }

    private static func collectRaised(
        _ node: TreeNode, _ path: inout [UInt8], _ raised: inout [(path: ByteString, index: UInt64)]
    ) {
        let below = node.edges.reduce(node.index) { max($0, $1.node.maxIndex) }
        if node.maxIndex > below { raised.append((ByteString(path), node.maxIndex)) }
        for edge in node.edges {
            let length = path.count
            path.append(contentsOf: edge.node.label)
            collectRaised(edge.node, &path, &raised)
            path.removeLast(path.count - length)
        }
    }

    /// Raises the index of the node at exactly this path, and of those above it.
    /// - Returns: false when no node stands there; nothing has changed then.
    package mutating func raise(_ path: ByteString, to index: UInt64) -> Bool {
        guard find(path.bytes) != nil else { return false }
        TreeNode.raise(&root, path.bytes, from: 0, index)
        return true
    }
}
