import FederationModel
import RadixTree

/// Why an operation of a transaction cannot be done, in Consul's words.
struct TxnRefusal: Error {
    var text: String

    init(_ text: String) { self.text = text }
}

extension Catalog {
    /// Runs the operations in order. With any refusal nothing of them is kept, and every refusal is told.
    mutating func applyTransaction(_ operations: [TxnOp], at index: UInt64) -> ApplyResult {
        let before = self
        let outcome = run(operations, at: index)
        if outcome.errors != nil { self = before }
        return ApplyResult(txn: outcome)
    }

    /// A transaction that only looks. What would change something is refused by its verb's effect on a copy.
    func readTransaction(_ request: TxnReadRequest) -> (Response, UInt64, WatchKey) {
        // Reads wait for no lock.
        let check = TransactionCheck(request.ops ?? [], datacenter: request.datacenter) { _ in false }
        guard check.errors.isEmpty else {
            return (.txnRead(TxnReadResponse(errors: check.errors)), 0, .never)
        }
        var copy = self
        let outcome = copy.run(request.ops ?? [], at: appliedIndex)
        return (.txnRead(TxnReadResponse(results: outcome.results, errors: outcome.errors)), 0, .never)
    }

    private mutating func run(_ operations: [TxnOp], at index: UInt64) -> TxnResponse {
        var results: [TxnResult] = []
        var errors: [TxnError] = []
        for (position, operation) in operations.enumerated() {
            do throws(TxnRefusal) {
                if let kv = operation.kv {
                    results += try run(kv, at: index).map { TxnResult(kv: $0) }
                } else if let node = operation.node {
                    if let node = try run(node, at: index) { results.append(TxnResult(node: node)) }
                } else if let service = operation.service {
                    if let service = try run(service, at: index) { results.append(TxnResult(service: service)) }
                } else if let check = operation.check {
                    if let check = try run(check, at: index) { results.append(TxnResult(check: check)) }
                }
            } catch {
                errors.append(TxnError(opIndex: position, what: error.text))
            }
        }
        return errors.isEmpty ? TxnResponse(results: results) : TxnResponse(errors: errors)
    }

    // MARK: Keys

    /// Entries read keep their values; those written are shown without.
    private mutating func run(_ operation: TxnKVOp, at index: UInt64) throws(TxnRefusal) -> [DirEntry] {
        let entry = operation.dirEnt
        let key = entry.key
        let name = "\"\(key.text)\""
        switch operation.verb {
        case "get":
            guard let found = keys.get(key) else { throw TxnRefusal("key \(name) doesn't exist") }
            return [found]
        case "get-tree": return keys.values(under: key)
        case "check-not-exists":
            if keys.get(key) != nil { throw TxnRefusal("key \(name) exists") }
            return []
        case "check-index":
            guard let found = keys.get(key) else {
                throw TxnRefusal("failed to check index, key \(name) doesn't exist")
            }
            guard found.raftIndex.modifyIndex == entry.raftIndex.modifyIndex else {
                throw TxnRefusal(
                    "failed index check for key \(name), current modify index \(found.raftIndex.modifyIndex) != "
                        + "\(entry.raftIndex.modifyIndex)")
            }
            return [found.withoutValue]
        case "check-session":
            guard let found = keys.get(key) else {
                throw TxnRefusal("failed to check session, key \(name) doesn't exist")
            }
            guard found.session == entry.session else {
                throw TxnRefusal(
                    "failed session check for key \(name), current session \"\(found.session)\" != "
                        + "\"\(entry.session)\"")
            }
            return [found.withoutValue]
        case let verb:
            guard let operation = KeyOperation(rawValue: verb) else { throw TxnRefusal("unknown KV verb \"\(verb)\"") }
            return try change(operation, entry, name, at: index)
        }
    }

    private mutating func change(
        _ operation: KeyOperation, _ entry: DirEntry, _ name: String, at index: UInt64
    ) throws(TxnRefusal) -> [DirEntry] {
        let result = applyKey(KVSRequest(op: operation.rawValue, dirEnt: entry), at: index)
        if let error = result.error { throw TxnRefusal(error) }
        if result.response == false {
            switch operation {
            case .cas: throw TxnRefusal("failed to set key \(name), index is stale")
            case .deleteCAS: throw TxnRefusal("failed to delete key \(name), index is stale")
            case .lock: throw TxnRefusal("failed to lock key \(name), lock is already held")
            case .unlock:
                throw TxnRefusal("failed to unlock key \(name), lock isn't held, or is held by another session")
            case .set, .delete, .deleteTree: break
            }
        }
        switch operation {
        case .set, .cas, .lock, .unlock: return keys.get(entry.key).map { [$0.withoutValue] } ?? []
        case .delete, .deleteCAS, .deleteTree: return []
        }
    }

    // MARK: Nodes, services, checks

    private mutating func run(_ operation: TxnNodeOp, at index: UInt64) throws(TxnRefusal) -> Node? {
        let node = operation.node
        let found = txnNode(node)
        let isCurrent = found?.raftIndex.modifyIndex ?? 0 == node.raftIndex.modifyIndex
        switch operation.verb {
        case "get":
            guard let found else { throw TxnRefusal("node \"\(node.node)\" doesn't exist") }
            return found
        case "set", "cas":
            if operation.verb == "cas", !isCurrent {
                throw TxnRefusal("failed to set node \"\(node.node)\", index is stale")
            }
            let request = RegisterRequest(
                datacenter: node.datacenter, id: node.id, node: node.node, address: node.address,
                taggedAddresses: node.taggedAddresses, nodeMeta: node.meta)
            try take(register(request, at: index), "failed inserting node: ")
            return txnNode(node)
        case "delete": removeNode(Fold.folded(node.node), at: index)
        case "delete-cas":
            guard isCurrent, found != nil else {
                throw TxnRefusal("failed to delete node \"\(node.node)\", index is stale")
            }
            removeNode(Fold.folded(node.node), at: index)
        case let verb: throw TxnRefusal("unknown Node verb \"\(verb)\"")
        }
        return nil
    }

    private func txnNode(_ node: Node) -> Node? {
        if node.id.isEmpty { return nodes.get(Fold.folded(node.node))?.node.record }
        return nodeNames.get(Fold.folded(node.id)).flatMap { nodes.get($0)?.node.record }
    }

    private mutating func run(_ operation: TxnServiceOp, at index: UInt64) throws(TxnRefusal) -> NodeService? {
        let node = Fold.folded(operation.node)
        let id = Fold.folded(operation.service.id)
        let name = "\"\(operation.service.id)\" on node \"\(operation.node)\""
        let found = nodes.get(node)?.services.get(id)?.record
        let isCurrent = found?.raftIndex.modifyIndex ?? 0 == operation.service.raftIndex.modifyIndex
        switch operation.verb {
        case "get":
            guard let found else { throw TxnRefusal("service \(name) doesn't exist") }
            return found
        case "set", "cas":
            if operation.verb == "cas", !isCurrent {
                throw TxnRefusal("failed to set service \(name), index is stale")
            }
            guard nodes.get(node) != nil else { throw TxnRefusal("Missing node registration") }
            let request = RegisterRequest(node: operation.node, service: operation.service, skipNodeUpdate: true)
            try take(register(request, at: index), "failed inserting service: ")
            return nodes.get(node)?.services.get(id)?.record
        case "delete": removeService(id, on: node, at: index)
        case "delete-cas":
            guard isCurrent, found != nil else {
                throw TxnRefusal("failed to delete service \(name), index is stale")
            }
            removeService(id, on: node, at: index)
        case let verb: throw TxnRefusal("unknown Service verb \"\(verb)\"")
        }
        return nil
    }

    private mutating func run(_ operation: TxnCheckOp, at index: UInt64) throws(TxnRefusal) -> HealthCheck? {
        let node = Fold.folded(operation.check.node)
        let id = Fold.folded(operation.check.checkID)
        let name = "\"\(operation.check.checkID)\" on node \"\(operation.check.node)\""
        let found = nodes.get(node)?.checks.get(id)?.record
        let isCurrent = found?.raftIndex.modifyIndex ?? 0 == operation.check.raftIndex.modifyIndex
        switch operation.verb {
        case "get":
            guard let found else { throw TxnRefusal("check \(name) doesn't exist") }
            return found
        case "set", "cas":
            if operation.verb == "cas", !isCurrent {
                throw TxnRefusal("failed to set check \(name), index is stale")
            }
            guard nodes.get(node) != nil else { throw TxnRefusal("Missing node registration") }
            let request = RegisterRequest(node: operation.check.node, check: operation.check, skipNodeUpdate: true)
            try take(register(request, at: index), "failed inserting check: ")
            return nodes.get(node)?.checks.get(id)?.record
        case "delete": removeCheck(id, on: node, at: index)
        case "delete-cas":
            guard isCurrent, found != nil else {
                throw TxnRefusal("failed to delete check \(name), index is stale")
            }
            removeCheck(id, on: node, at: index)
        case let verb: throw TxnRefusal("unknown Check verb \"\(verb)\"")
        }
        return nil
    }

    private func take(_ result: ApplyResult, _ prefix: String) throws(TxnRefusal) {
        guard let error = result.error else { return }
        throw TxnRefusal(error.hasPrefix(prefix) ? String(error.dropFirst(prefix.count)) : error)
    }
}

extension DirEntry {
    fileprivate var withoutValue: DirEntry {
        var entry = self
        entry.value = nil
        return entry
    }
}
