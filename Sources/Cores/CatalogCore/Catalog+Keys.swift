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
            removeTree(entry.key, at: index)
            return .done
        case .lock: return lock(entry, at: index)
        case .unlock: return unlock(entry, at: index)
        }
    }

    static func refusal(of key: ByteString) -> ApplyResult? {
        if key.isEmpty { return .refused("Must provide key") }
        if RadixTree<DirEntry>.accepts(key) { return nil }
        return .refused("Key is too long: \(key.count) bytes, at most \(RadixTree<DirEntry>.maxKeyBytes)")
    }

    /// Writes value and flags; the holder stays and the count of locks begins anew, as with Consul.
    mutating func store(_ entry: DirEntry, over existing: DirEntry?, at index: UInt64) {
        var stored = entry
        stored.session = existing?.session ?? ""
        write(stored, over: existing, at: index)
    }

    /// A write that changes nothing moves no index.
    mutating func write(_ entry: DirEntry, over existing: DirEntry?, at index: UInt64) {
        var stored = entry
        if stored.value?.isEmpty == true { stored.value = nil }
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

    mutating func remove(_ key: ByteString, at index: UInt64) {
        guard let removed = keys.remove(key, index: index) else { return }
        forget(key, heldBy: removed.session, at: index)
        touch(.key(key))
    }

    mutating func removeTree(_ prefix: ByteString, at index: UInt64) {
        let removed = keys.removePrefix(prefix, index: index)
        for (key, entry) in removed { forget(key, heldBy: entry.session, at: index) }
        if removed.count > Self.maxTouchedRemovals {
            touch(.prefix(prefix))
        } else {
            for (key, _) in removed { touch(.key(key)) }
        }
    }
}
