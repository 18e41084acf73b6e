import Determinism
import FederationModel
import WireFormat

/// `/v1/txn`
extension HTTPRouter {
    /// Consul's bound.
    private static let maxOperationCount = 64

    func transaction(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let body = call.request.body
        guard body.count <= context.txnMaxBodyBytes else {
            throw HTTPProblem(
                status: 413,
                "Request body(\(body.count) bytes) too large, max size: \(context.txnMaxBodyBytes) bytes. "
                    + "See https://www.consul.io/docs/agent/options.html#txn_max_req_len.")
        }
        let operations = try Self.operations(body, context.datacenter)
        guard operations.count <= Self.maxOperationCount else {
            throw HTTPProblem(
                status: 413,
                "Transaction contains too many operations (\(operations.count) > \(Self.maxOperationCount))")
        }
        for operation in operations {
            guard let entry = operation.kv?.dirEnt, let value = entry.value,
                value.count > context.kvMaxValueBytes
            else { continue }
            throw HTTPProblem(
                status: 413,
                "Value for key \"\(entry.key.text)\" is too large (\(value.count) > \(context.kvMaxValueBytes) bytes)")
        }
        if operations.contains(where: \.changesSomething) {
            let request = TxnRequest(datacenter: call.datacenter, ops: operations, write: call.write)
            return .request(.txnApply(request), call.rendering(.transaction))
        }
        var options = call.options
        // A transaction never waits for a change.
        options.minQueryIndex = 0
        let request = TxnReadRequest(datacenter: call.datacenter, ops: operations, options: options)
        return .request(.txnRead(request), call.rendering(.transaction))
    }

    private static func operations(_ body: [UInt8], _ datacenter: String) throws(HTTPProblem) -> [TxnOp] {
        var reader: BodyReader
        do throws(JSONError) {
            reader = BodyReader(try JSONReader.readFirst(body), form: .http)
        } catch {
            throw .badRequest("Failed to parse body: \(error.located)")
        }
        let operations = reader.transaction()
        if let problem = reader.problems.first { throw .badRequest("Failed to parse body: \(problem.message)") }
        return operations
    }
}

extension TxnOp {
    fileprivate var changesSomething: Bool {
        if let kv { return ["set", "cas", "lock", "unlock", "delete", "delete-cas", "delete-tree"].contains(kv.verb) }
        let verb = node?.verb ?? service?.verb ?? check?.verb
        return verb != nil && verb != "get"
    }
}

extension BodyReader {
    mutating func transaction() -> [TxnOp] {
        list(root, "") { reader, value, key in
            var operation = TxnOp()
            reader.members(of: value, key) { reader, name, value, key in
                switch name {
                case "kv": operation.kv = value.isNull ? nil : reader.keyOperation(value, key)
                case "node": operation.node = value.isNull ? nil : reader.nodeOperation(value, key)
                case "service": operation.service = value.isNull ? nil : reader.serviceOperation(value, key)
                case "check": operation.check = value.isNull ? nil : reader.checkOperation(value, key)
                default: return false
                }
                return true
            }
            return operation
        }
    }

    private mutating func keyOperation(_ value: JSONValue, _ key: String) -> TxnKVOp {
        var operation = TxnKVOp()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "verb": operation.verb = reader.text(value, key)
            case "key": operation.dirEnt.key = ByteString(reader.text(value, key))
            case "value": operation.dirEnt.value = reader.base64(value, key)
            case "flags": operation.dirEnt.flags = reader.unsigned(value, key)
            case "index": operation.dirEnt.raftIndex.modifyIndex = reader.unsigned(value, key)
            case "session": operation.dirEnt.session = reader.text(value, key)
            case "namespace": _ = reader.text(value, key)
            default: return false
            }
            return true
        }
        return operation
    }

    private mutating func base64(_ value: JSONValue, _ key: String) -> ByteString? {
        if value.isNull { return nil }
        let text = text(value, key)
        if let bytes = Base64.decode(text) { return bytes.isEmpty ? nil : ByteString(bytes) }
        let isBad = { (byte: UInt8) in
            !(byte >= 48 && byte <= 57 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || "+/=".utf8.contains(byte))
        }
        let position = text.utf8.enumerated().first { isBad($0.element) }?.offset ?? text.utf8.count / 4 * 4
        note("illegal base64 data at input byte \(position)", key, value)
        return nil
    }

    private mutating func nodeOperation(_ value: JSONValue, _ key: String) -> TxnNodeOp {
        var operation = TxnNodeOp()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "verb": operation.verb = reader.text(value, key)
            case "node": operation.node = reader.node(value, key)
            default: return false
            }
            return true
        }
        return operation
    }

    private mutating func node(_ value: JSONValue, _ key: String) -> Node {
        var node = Node()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "id": node.id = reader.text(value, key)
            case "node": node.node = reader.text(value, key)
            case "address": node.address = reader.text(value, key)
            case "datacenter": node.datacenter = reader.text(value, key)
            case "taggedaddresses": node.taggedAddresses = reader.textMap(value, key)
            case "meta": node.meta = reader.textMap(value, key)
            case "createindex": node.raftIndex.createIndex = reader.unsigned(value, key)
            case "modifyindex": node.raftIndex.modifyIndex = reader.unsigned(value, key)
            default: return false
            }
            return true
        }
        return node
    }

    private mutating func serviceOperation(_ value: JSONValue, _ key: String) -> TxnServiceOp {
        var operation = TxnServiceOp()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "verb": operation.verb = reader.text(value, key)
            case "node": operation.node = reader.text(value, key)
            case "service": operation.service = reader.nodeService(value, key)
            default: return false
            }
            return true
        }
        return operation
    }

    private mutating func checkOperation(_ value: JSONValue, _ key: String) -> TxnCheckOp {
        var operation = TxnCheckOp()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "verb": operation.verb = reader.text(value, key)
            case "check": operation.check = reader.healthCheck(value, key)
            default: return false
            }
            return true
        }
        return operation
    }
}

extension JSONWriter {
    /// - Parameter meta: of a transaction that only looked: its members stand beside results and errors.
    mutating func write(transaction results: [TxnResult]?, _ errors: [TxnError]?, meta: QueryMeta?) {
        beginObject()
        key("Results")
        if errors == nil {
            list(results) { json, result in json.write(result) }
        } else {
            null()
        }
        key("Errors")
        if let errors {
            list(errors) { json, error in
                json.beginObject()
                json.field("OpIndex", error.opIndex)
                json.field("What", error.what)
                json.endObject()
            }
        } else {
            null()
        }
        if let meta { write(members: meta, consistency: meta.consistencyLevel) }
        endObject()
    }

    /// Metadata inside an answer.
    mutating func write(members meta: QueryMeta, consistency: String) {
        field("Index", meta.index)
        field("LastContact", Int(meta.lastContact.wholeNanoseconds))
        field("KnownLeader", meta.knownLeader)
        field("ConsistencyLevel", consistency)
    }

    private mutating func write(_ result: TxnResult) {
        beginObject()
        if let entry = result.kv {
            key("KV")
            write(entry)
        } else if let node = result.node {
            key("Node")
            write(node)
        } else if let service = result.service {
            key("Service")
            write(service, absentTags: true)
        } else if let check = result.check {
            key("Check")
            write(check, absentTags: true)
        }
        endObject()
    }
}
