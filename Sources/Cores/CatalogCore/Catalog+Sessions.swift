import Determinism
package import FederationModel
import RadixTree

/// A session and the keys it holds.
struct SessionRow: Sendable {
    let session: Session
    /// Keys locked with it.
    var keys = RadixTree<Bool>()
}

/// A key that a session held at its end, and how long nobody else may lock it.
package struct LockDelay: Equatable, Sendable {
    package let key: ByteString
    package let delay: Duration
}

extension Catalog {
    /// Consul's bound of `LockDelay`.
    static var maxLockDelay: Duration { .seconds(60) }

    mutating func applySession(_ request: SessionRequest, at index: UInt64) -> ApplyResult {
        switch SessionOperation(rawValue: request.op) {
        case .create: return createSession(request.session, at: index)
        case .destroy:
            if let problem = SessionKey.problem(request.session.id) { return .refused(problem) }
            endSession(SessionKey.of(request.session.id), at: index)
            return ApplyResult(text: "")
        case nil: return .refused(SessionOperation.unknown(request.op))
        }
    }

    private mutating func createSession(_ session: Session, at index: UInt64) -> ApplyResult {
        var session = session
        if session.behavior.isEmpty { session.behavior = "release" }
        let node = Fold.folded(session.node)
        guard let row = nodes.get(node) else { return .refused("Missing node registration") }
        for check in session.checkIDs {
            guard let found = row.checks.get(Fold.folded(check))?.record else {
                return .refused("Missing check '\(check)' registration")
            }
            if found.status == "critical" { return .refused("Check '\(check)' is in critical state") }
        }
        session.raftIndex = RaftIndex(createIndex: index, modifyIndex: index)
        list(session, at: index)
        indexes.sessions = index
        touch(.sessions)
        touch(.session(SessionKey.of(session.id)))
        touch(.nodeSessions(node))
        return ApplyResult(text: session.id)
    }

    /// Into every table that finds it.
    mutating func list(_ session: Session, at index: UInt64) {
        let id = SessionKey.of(session.id)
        let node = Fold.folded(session.node)
        sessions.set(id, SessionRow(session: session), index: index)
        sessionsByNode.set(Fold.joined(node, id), id, index: index)
        for check in session.checkIDs {
            sessionsByCheck.set(Fold.joined(node, Fold.folded(check), id), id, index: index)
        }
    }

    /// Ends a session: its keys are released or deleted, and the prepared queries bound to it go. Unknown ones are
    /// no error.
    mutating func endSession(_ id: ByteString, at index: UInt64) {
        guard let row = sessions.remove(id, index: index) else { return }
        let session = row.session
        let node = Fold.folded(session.node)
        sessionsByNode.remove(Fold.joined(node, id), index: index)
        for check in session.checkIDs {
            sessionsByCheck.remove(Fold.joined(node, Fold.folded(check), id), index: index)
        }
        indexes.sessions = index
        touch(.sessions)
        touch(.session(id))
        touch(.nodeSessions(node))
        let delay = min(session.lockDelay, Self.maxLockDelay)
        var held: [ByteString] = []
        row.keys.forEach { key, _ in
            held.append(key)
            return true
        }
        for key in held {
            guard var entry = keys.get(key), SessionKey.of(entry.session) == id else { continue }
            if session.behavior == "delete" {
                keys.remove(key, index: index)
            } else {
                entry.session = ""
                entry.raftIndex.modifyIndex = index
                keys.set(key, entry, index: index)
            }
            touch(.key(key))
            if delay > .zero { delayed.append(LockDelay(key: key, delay: delay)) }
        }
        removeQueries(ofSession: id, at: index)
    }

    /// Sessions that depend on a check which failed or is gone.
    mutating func endSessions(onCheck check: ByteString, of node: ByteString, at index: UInt64) {
        if sessionsByCheck.isEmpty { return }
        for id in sessionsByCheck.values(under: Fold.joined(node, check)) { endSession(id, at: index) }
    }

    mutating func endSessions(on node: ByteString, at index: UInt64) {
        if sessionsByNode.isEmpty { return }
        for id in sessionsByNode.values(under: Fold.joined(node)) { endSession(id, at: index) }
    }

    /// Locks that ended with their sessions since this was last asked: every server counts the delay from its own
    /// applying, as only the leader refuses by it.
    package mutating func takeLockDelays() -> [LockDelay] {
        defer { delayed = [] }
        return delayed
    }

    /// Sessions with a time to live, in order of their ids: what a new leader starts its timers with.
    package var mortalSessions: [(id: String, ttl: Duration)] {
        var found: [(id: String, ttl: Duration)] = []
        sessions.forEachValue { row in
            if let ttl = row.session.timeToLive { found.append((id: row.session.id, ttl: ttl)) }
        }
        return found
    }

    package func session(_ id: String) -> Session? { sessions.get(SessionKey.of(id))?.session }

    // MARK: Answers

    func getSession(_ request: SessionSpecificRequest) -> (Response, UInt64, WatchKey) {
        let id = SessionKey.of(request.sessionID.isEmpty ? request.session : request.sessionID)
        let found = sessions.get(id).map { [$0.session] }
        return (.sessions(IndexedSessions(sessions: found)), indexes.sessions, .session(id))
    }

    func listSessions() -> (Response, UInt64, WatchKey) {
        let found = sessions.values().map(\.session)
        return (.sessions(IndexedSessions(sessions: found.isEmpty ? nil : found)), indexes.sessions, .sessions)
    }

    func nodeSessions(_ request: NodeSpecificRequest) -> (Response, UInt64, WatchKey) {
        let node = Fold.folded(request.node)
        let found = sessionsByNode.values(under: Fold.joined(node)).compactMap { sessions.get($0)?.session }
        let answer = IndexedSessions(sessions: found.isEmpty ? nil : found)
        return (.sessions(answer), indexes.sessions, .nodeSessions(node))
    }
}

extension Session {
    /// Every check the session depends on.
    var checkIDs: [String] { (checks ?? []) + (nodeChecks ?? []) + (serviceChecks ?? []).map(\.id) }

    /// Nil: it lives until it is ended.
    package var timeToLive: Duration? {
        guard let ttl = Duration(goText: ttl), ttl > .zero else { return nil }
        return ttl
    }
}

/// The verbs of `Session.Apply`.
enum SessionOperation: String {
    case create, destroy

    static func unknown(_ verb: String) -> String { "Invalid Session operation '\(verb)'" }
}

/// How ids of sessions and prepared queries become keys: their digits in lower case.
enum SessionKey {
    static func of(_ id: String) -> ByteString {
        ByteString(id.utf8.filter { $0 != UInt8(ascii: "-") }.map { Fold.lowered($0) })
    }

    /// Why a text is no id, in Consul's words; nil when it is one.
    static func problem(_ id: String) -> String? {
        uuidProblem(id).map { "failed session lookup: index error: \($0)" }
    }

    static func uuidProblem(_ id: String) -> String? {
        if id.utf8.count != 36 { return "UUID must be 36 characters" }
        let hyphens = id.utf8.count { $0 == UInt8(ascii: "-") }
        if hyphens > 4 { return "UUID should have maximum of 4 \"-\"; got \(hyphens)" }
        if hyphens % 2 != 0 { return "Input (without hyphens) must be even length" }
        for character in id.unicodeScalars where character != "-" && !character.properties.isASCIIHexDigit {
            let digits = String(character.value, radix: 16, uppercase: true)
            let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            return "Invalid UUID: encoding/hex: invalid byte: U+\(code) '\(character)'"
        }
        return nil
    }
}
