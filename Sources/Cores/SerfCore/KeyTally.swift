import WireFormat

/// What an operator may do with a pool's keys.
package enum KeyOperation: String, Sendable {
    case list, install, use, remove

    var queryName: String { "_serf_\(rawValue)-key\(self == .list ? "s" : "")" }
}

extension PoolQuery {
    /// Asked of every member, which changes its ring by it.
    /// - Parameter key: raw; empty for a list.
    package init(_ operation: KeyOperation, key: [UInt8]) {
        var query = KeyQuery()
        query.key = operation == .list ? [] : key
        self.init(name: operation.queryName, payload: [SerfKind.keyRequest.rawValue] + query.encoded)
    }
}

/// What the members of a pool answered to one key operation.
package struct KeyTally: Equatable, Sendable {
    /// Members that were alive when it was asked.
    package let nodeCount: Int
    /// What went wrong, or is incomplete, by member.
    package private(set) var messages: [String: String] = [:]
    /// How many members have each key (base64).
    package private(set) var keys: [String: Int] = [:]
    package private(set) var primaryKeys: [String: Int] = [:]
    private var answerCount = 0
    private var failureCount = 0

    package init(nodeCount: Int) { self.nodeCount = nodeCount }

    package mutating func add(_ payload: [UInt8], from member: String) {
        answerCount += 1
        guard payload.first == SerfKind.keyResponse.rawValue,
            let answer = try? KeyResponse(decoding: Array(payload.dropFirst()))
        else {
            failureCount += 1
            messages[member] = "the answer cannot be read"
            return
        }
        if !answer.isDone { failureCount += 1 }
        if !answer.message.isEmpty || !answer.isDone { messages[member] = answer.message }
        for key in answer.keys ?? [] { keys[key, default: 0] += 1 }
        if !answer.primaryKey.isEmpty { primaryKeys[answer.primaryKey, default: 0] += 1 }
    }

    package var isComplete: Bool { answerCount >= nodeCount }

    /// Serf's words; empty when every member did as asked.
    package var error: String {
        if failureCount > 0 { return "\(failureCount)/\(nodeCount) nodes reported failure" }
        return answerCount < nodeCount ? "\(answerCount)/\(nodeCount) nodes reported success" : ""
    }
}
