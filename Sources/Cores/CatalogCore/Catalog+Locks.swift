package import FederationModel
import RadixTree

extension Catalog {
    /// Takes a key for a session. Who holds it already writes it again; another's is left alone.
    mutating func lock(_ entry: DirEntry, at index: UInt64) -> ApplyResult {
        if entry.session.isEmpty { return .refused("missing session") }
        if let problem = SessionKey.problem(entry.session) { return .refused(problem) }
        let id = SessionKey.of(entry.session)
        guard let row = sessions.get(id) else { return .refused("invalid session \"\(entry.session)\"") }
        if let refusal = Self.refusal(of: entry.key) { return refusal }
        let existing = keys.get(entry.key)
        var locked = entry
        locked.session = row.session.id
        if let existing {
            if existing.session.isEmpty {
                locked.lockIndex = existing.lockIndex + 1
            } else {
                guard SessionKey.of(existing.session) == id else { return ApplyResult(response: false) }
                locked.lockIndex = existing.lockIndex
            }
        } else {
            locked.lockIndex = 1
        }
        write(locked, over: existing, at: index)
        sessions.update(id, index: index) { row in _ = row?.keys.set(entry.key, true, index: index) }
        return ApplyResult(response: true)
    }

    /// Whether `lock` would answer false: another session holds the key.
    package func isLocked(_ key: ByteString, for session: String) -> Bool {
        guard let holder = keys.get(key)?.session, !holder.isEmpty, SessionKey.problem(session) == nil else {
            return false
        }
        let id = SessionKey.of(session)
        return SessionKey.of(holder) != id && sessions.get(id) != nil
    }

    /// Gives a key back; only its holder can.
    mutating func unlock(_ entry: DirEntry, at index: UInt64) -> ApplyResult {
        if entry.session.isEmpty { return .refused("missing session") }
        guard let existing = keys.get(entry.key), !existing.session.isEmpty,
            SessionKey.of(existing.session) == SessionKey.of(entry.session)
        else { return ApplyResult(response: false) }
        var released = entry
        released.session = ""
        released.lockIndex = existing.lockIndex
        write(released, over: existing, at: index)
        forget(entry.key, heldBy: existing.session, at: index)
        return ApplyResult(response: true)
    }

    /// The session does not hold the key any more.
    mutating func forget(_ key: ByteString, heldBy session: String, at index: UInt64) {
        if session.isEmpty { return }
        let id = SessionKey.of(session)
        guard sessions.get(id) != nil else { return }
        sessions.update(id, index: index) { row in _ = row?.keys.remove(key, index: index) }
    }
}
