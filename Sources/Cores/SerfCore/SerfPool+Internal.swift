import FederationModel
import GossipCore
import WireFormat

/// Serf's own questions: reachability, names, keys (`wire/serf-gossip.md` 5.7).
extension SerfPool {
    static let internalPrefix = "_serf_"

    /// - Returns: the payload of the answer; nil when there is none to give.
    mutating func answer(internal query: QueryMessage, into effects: inout [PoolEffect]) -> [UInt8]? {
        switch query.name.dropFirst(Self.internalPrefix.count) {
        case "conflict": return conflictAnswer(String(decoding: query.payload ?? [], as: UTF8.self))
        case "install-key":
            return changeKeys(query, into: &effects) { (ring, key) throws(Keyring.Problem) in
                try ring.install(key)
            }
        case "use-key":
            return changeKeys(query, into: &effects) { (ring, key) throws(Keyring.Problem) in
                try ring.use(key)
            }
        case "remove-key":
            return changeKeys(query, into: &effects) { (ring, key) throws(Keyring.Problem) in
                try ring.remove(key)
            }
        case "list-keys": return keyList()
        default: return nil
        }
    }

    private func conflictAnswer(_ name: String) -> [UInt8]? {
        guard name != configuration.name else { return nil }
        guard let member = table[name]?.member else { return [SerfKind.conflictResponse.rawValue, 0xC0] }
        var answer = ConflictMember()
        answer.name = member.name
        answer.address = member.endpoint.address.bytes
        answer.port = member.endpoint.port
        answer.tags = member.tags
        answer.status = member.status.rawValue
        let versions = member.versions
        answer.versions = [
            versions.protocolMin, versions.protocolMax, versions.protocolCurrent, versions.delegateMin,
            versions.delegateMax, versions.delegateCurrent,
        ]
        return [SerfKind.conflictResponse.rawValue] + answer.encoded
    }

    private mutating func changeKeys(
        _ query: QueryMessage, into effects: inout [PoolEffect],
        _ change: (inout Keyring, [UInt8]) throws(Keyring.Problem) -> Void
    ) -> [UInt8] {
        var answer = KeyResponse()
        let payload = query.payload ?? []
        if var ring = memberlist.security.keyring {
            if payload.first == SerfKind.keyRequest.rawValue,
                let request = try? KeyQuery(decoding: Array(payload.dropFirst()))
            {
                do throws(Keyring.Problem) {
                    try change(&ring, request.key)
                    memberlist.security.keyring = ring
                    effects.append(.saveKeyring(ring.keys))
                    answer.isDone = true
                } catch {
                    answer.message = error.text
                }
            } else {
                answer.message = "the key request cannot be read"
            }
        } else {
            answer.message = Self.noKeyringToModify
        }
        return [SerfKind.keyResponse.rawValue] + answer.encoded
    }

    // Serf's words: changes and lists differ.
    private static let noKeyringToModify = "No keyring to modify (encryption not enabled)"
    private static let noKeyringToList = "Keyring is empty (encryption not enabled)"

    private func keyList() -> [UInt8] {
        var answer = KeyResponse()
        guard let ring = memberlist.security.keyring else {
            answer.message = Self.noKeyringToList
            return [SerfKind.keyResponse.rawValue] + answer.encoded
        }
        answer.isDone = true
        answer.primaryKey = Base64.encode(ring.primary)
        var shown = ring.keys.map { Base64.encode($0) }
        answer.keys = shown
        // The response has 60 bytes of its own besides this payload and the name.
        let room = configuration.maxQueryResponseBytes - 60 - configuration.name.utf8.count
        while answer.encoded.count + 1 > room && !shown.isEmpty {
            shown.removeLast()
            answer.keys = shown
            answer.message = "truncated key list response, showing first \(shown.count) of \(ring.keys.count) keys"
        }
        return [SerfKind.keyResponse.rawValue] + answer.encoded
    }
}
