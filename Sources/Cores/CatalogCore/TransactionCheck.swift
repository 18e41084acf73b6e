package import FederationModel

/// What is checked of a transaction before any of it runs, with defaults filled in.
package struct TransactionCheck: Sendable {
    /// As they are to run.
    package private(set) var operations: [TxnOp]
    /// Of every operation that cannot run; none of them runs then.
    package private(set) var errors: [TxnError] = []

    /// - Parameters:
    ///   - datacenter: for nodes that name none.
    ///   - isDelayed: whether a key cannot be locked yet.
    package init(_ operations: [TxnOp], datacenter: String, isDelayed: (ByteString) -> Bool) {
        self.operations = operations
        for position in self.operations.indices {
            if let problem = Self.prepare(&self.operations[position], datacenter, isDelayed) {
                errors.append(TxnError(opIndex: position, what: problem))
            }
        }
    }

    private static func prepare(
        _ operation: inout TxnOp, _ datacenter: String, _ isDelayed: (ByteString) -> Bool
    ) -> String? {
        if operation.intention != nil || operation.session != nil {
            return "operations on intentions and sessions are not served in transactions"
        }
        if let kv = operation.kv {
            if kv.dirEnt.key.isEmpty, kv.verb != KeyOperation.deleteTree.rawValue { return "Must provide key" }
            if kv.verb == KeyOperation.lock.rawValue, isDelayed(kv.dirEnt.key) {
                return "failed to lock key \"\(kv.dirEnt.key.text)\" due to lock delay"
            }
        } else if var node = operation.node, node.verb != "get" {
            if node.node.node.isEmpty { return "Must provide node" }
            if !node.node.id.isEmpty, let problem = Command.uuidProblem(node.node.id) {
                return "Bad node ID: \(problem)"
            }
            if node.node.datacenter.isEmpty { node.node.datacenter = datacenter }
            operation.node = node
        } else if var service = operation.service, service.verb != "get" {
            if service.service.id.isEmpty { service.service.id = service.service.service }
            if !service.service.id.isEmpty, service.service.service.isEmpty {
                return "Must provide service name with ID"
            }
            if ["0.0.0.0", "::", "[::]"].contains(service.service.address) { return "Invalid service address" }
            if let problem = Command.proxyProblem(service.service) { return problem }
            operation.service = service
        } else if var check = operation.check {
            if check.check.checkID.isEmpty { check.check.checkID = check.check.name }
            operation.check = check
        }
        return nil
    }
}
