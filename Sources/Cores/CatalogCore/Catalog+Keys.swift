import FederationModel
import RadixTree

extension Catalog {
    /// Removals beyond this many are reported as one touched prefix, so that a large tree costs no large list.
    private static var maxTouchedRemovals: Int { 64 }

    mutating func applyKey(_ request: KVSRequest, at index: UInt64) -> ApplyResult {
        guard let operation = KeyOperation(rawValue: request.op) else {
            return .refused(KeyOperation.unknown(request.op))
        }
        let entry = request.dirEnt
        let existing = keys.get(entry.key)
        let compared = entry.raftIndex.modifyIndex
        switch operation {
        case .set:
            if let refusal = Self.refusal(of: entry.key) { return refusal }
            store(entry, over: existing, at: index)
            return .done
        case .cas:
            if let refusal = Self.refusal(of: entry.key) { return refusal }
            // 0 asks that there be none.
            guard existing?.raftIndex.modifyIndex ?? 0 == compared else { return ApplyResult(response: false) }
            store(entry, over: existing, at: index)
            return ApplyResult(response: true)
        case .delete:
            remove(entry.key, at: index)
            return .done
        case .deleteCAS:
            // What is not there is as good as deleted, whatever index was asked for.
            guard let existing else { return ApplyResult(response: true) }
            guard existing.raftIndex.modifyIndex == compared else { return ApplyResult(response: false) }
            remove(entry.key, at: index)
            return ApplyResult(response: true)
        case .deleteTree:
            let removed = keys.removePrefix(entry.key, index: index)
            if removed.count > Self.maxTouchedRemovals {
                touch(.prefix(entry.key))
            } else {
                for (key, _) in removed { touch(.key(key)) }
            }
            return .done
        case .lock:
            if entry.session.isEmpty { return .refused("missing session") }
            // No session exists before the catalog keeps sessions.
            return .refused(Self.sessionProblem(entry.session))
        case .unlock:
            if entry.session.isEmpty { return .refused("missing session") }
            guard let existing, existing.session == entry.session else { return ApplyResult(response: false) }
            var released = entry
            released.session = ""
            released.lockIndex = existing.lockIndex
            released.raftIndex = RaftIndex(createIndex: existing.raftIndex.createIndex, modifyIndex: index)
            keys.set(entry.key, released, index: index)
            touch(.key(entry.key))
            return ApplyResult(response: true)
        }
    }

    private static func refusal(of key: ByteString) -> ApplyResult? {
        if key.isEmpty { return .refused("Must provide key") }
        if RadixTree<DirEntry>.accepts(key) { return nil }
        return .refused("Key is too long: \(key.count) bytes, at most \(RadixTree<DirEntry>.maxKeyBytes)")
    }

    /// Writes value and flags; lock and holder stay. A write that changes nothing moves no index.
    private mutating func store(_ entry: DirEntry, over existing: DirEntry?, at index: UInt64) {
        var stored = entry
        if stored.value?.isEmpty == true { stored.value = nil }
        stored.lockIndex = existing?.lockIndex ?? 0
        stored.session = existing?.session ?? ""
        if let existing {
            stored.raftIndex = existing.raftIndex
            if stored == existing { return }
            stored.raftIndex.modifyIndex = index
        } else {
            stored.raftIndex = RaftIndex(createIndex: index, modifyIndex: index)
        }
        keys.set(stored.key, stored, index: index)
        touch(.key(stored.key))
    }

    private mutating func remove(_ key: ByteString, at index: UInt64) {
        if keys.remove(key, index: index) != nil { touch(.key(key)) }
    }

    private static func sessionProblem(_ session: String) -> String {
        if session.utf8.count != 36 { return "failed session lookup: index error: UUID must be 36 characters" }
        for character in session.unicodeScalars where character != "-" && !character.properties.isASCIIHexDigit {
            let digits = String(character.value, radix: 16, uppercase: true)
            let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            return "failed session lookup: index error: Invalid UUID: encoding/hex: invalid byte: "
                + "U+\(code) '\(character)'"
        }
        return "invalid session \"\(session)\""
    }
}
