import FederationModel

extension HTTPRouter {
    /// `/v1/kv/<key>`: the key is any bytes.
    func keyValue(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let key = ByteString(call.rest)
        return switch call.request.method {
        case "GET": try readKeys(key, call)
        case "PUT": try put(key, call)
        default: try delete(key, call)
        }
    }

    private func readKeys(_ key: ByteString, _ call: Call) throws(HTTPProblem) -> HTTPAction {
        if call.query.has("keys") {
            let request = KeyListRequest(
                datacenter: call.datacenter, prefix: key, seperator: ByteString(call.query.first("separator")),
                options: call.options)
            return .request(.kvsListKeys(request), call.rendering(.kvKeys))
        }
        let request = KeyRequest(datacenter: call.datacenter, key: key, options: call.options)
        if call.query.has("recurse") { return .request(.kvsList(request), call.rendering(.kvEntries)) }
        guard !key.isEmpty else { throw .badRequest("Missing key name") }
        return .request(.kvsGet(request), call.rendering(.kvEntry(raw: call.query.has("raw"))))
    }

    private func put(_ key: ByteString, _ call: Call) throws(HTTPProblem) -> HTTPAction {
        guard !key.isEmpty else { throw .badRequest("Missing key name") }
        try refuseConflict(of: ["cas", "acquire", "release"], call)
        let body = call.request.body
        guard body.count <= context.kvMaxValueBytes else {
            throw HTTPProblem(
                status: 413,
                "Request body(\(body.count) bytes) too large, max size: \(context.kvMaxValueBytes) bytes. "
                    + "See https://www.consul.io/docs/agent/options.html#kv_max_value_size.")
        }
        var entry = DirEntry(key: key, value: body.isEmpty ? nil : ByteString(body))
        let flags = call.query.first("flags")
        if call.query.has("flags") { entry.flags = try number(flags) }
        var op = "set"
        if call.query.has("cas") {
            entry.raftIndex.modifyIndex = try number(call.query.first("cas"))
            op = "cas"
        }
        if call.query.has("acquire") {
            entry.session = call.query.first("acquire")
            op = "lock"
        }
        if call.query.has("release") {
            entry.session = call.query.first("release")
            op = "unlock"
        }
        return apply(op, entry, call)
    }

    private func delete(_ key: ByteString, _ call: Call) throws(HTTPProblem) -> HTTPAction {
        try refuseConflict(of: ["recurse", "cas"], call)
        var entry = DirEntry(key: key)
        if call.query.has("recurse") { return apply("delete-tree", entry, call) }
        guard !key.isEmpty else { throw .badRequest("Missing key name") }
        guard call.query.has("cas") else { return apply("delete", entry, call) }
        entry.raftIndex.modifyIndex = try number(call.query.first("cas"))
        return apply("delete-cas", entry, call)
    }

    private func apply(_ op: String, _ entry: DirEntry, _ call: Call) -> HTTPAction {
        let request = KVSRequest(datacenter: call.datacenter, op: op, dirEnt: entry, write: call.write)
        // Only a conditional operation says whether it took place (`wire/consul-rpc.md` 3.1).
        let isConditional = !["set", "delete", "delete-tree"].contains(op)
        return .request(.kvsApply(request), call.rendering(isConditional ? .value : .kvWritten))
    }

    private func refuseConflict(of names: [String], _ call: Call) throws(HTTPProblem) {
        guard names.count(where: { call.query.has($0) }) > 1 else { return }
        throw .badRequest("Conflicting flags: " + call.query.sortedText)
    }

    /// A 64-bit number; a bad one is a 500 with the words of Go's parser, as Consul has it.
    private func number(_ text: String) throws(HTTPProblem) -> UInt64 {
        if !text.isEmpty, let value = Int.unsigned(text) { return value }
        let isDigits = !text.isEmpty && text.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
        let reason = isDigits ? "value out of range" : "invalid syntax"
        throw HTTPProblem(status: 500, "strconv.ParseUint: parsing \"\(text)\": \(reason)")
    }
}
