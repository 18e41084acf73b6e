import Determinism
import FederationModel
import ServerCore
import TopologyCore

/// What a lock rests on: a session lives for its time to live from the sending of whatever was answered with its
/// renewal, no key is held by a session that has ended, and none is locked within the delay after its holder's end.
struct SessionChecker: StepChecker {
    static let name = "sessions"

    private struct Life: Sendable {
        /// Until then its holder may count on it, by the slowest clock of a server.
        var promised: Instant
        /// Its holder has asked for its end.
        var isGivenUp = false
        var ended: Instant?
        let lockDelay: Duration
    }

    /// Of a key whose holder's session ended.
    private struct Delay: Sendable {
        let holder: String
        let ended: Instant
        let end: Instant
    }

    private let datacenter: String
    /// Of the promised time, as clocks of servers may run faster.
    private let tolerance: Double
    private var lives: [String: Life] = [:]
    /// Sessions in the catalog of each server, after its last change.
    private var present: [Int: Set<String>] = [:]
    /// Locked keys and their sessions, likewise.
    private var locked: [Int: [ByteString: String]] = [:]
    private var delays: [ByteString: Delay] = [:]
    private var moved: Set<Int> = []

    init(datacenter: String, clockSkew: Double) {
        self.datacenter = datacenter
        tolerance = 1 - clockSkew
    }

    mutating func check(_ fact: Fact, _ host: Int) {
        switch fact {
        case .observed(.applied), .installed: moved.insert(host)
        // What it comes back with may be older.
        case .ended:
            present[host] = nil
            locked[host] = nil
            moved.remove(host)
        default: break
        }
    }

    /// The holder's own end of it; what is asked for may happen at any time from now on.
    mutating func givenUp(_ session: String) { lives[session]?.isGivenUp = true }

    /// A creation or renewal that left at `sent` was acknowledged.
    mutating func acknowledged(
        _ session: String, sent: Instant, ttl: Duration, lockDelay: Duration
    ) -> [String] {
        let promised = sent + ttl * tolerance
        guard let known = lives[session] else {
            lives[session] = Life(promised: promised, lockDelay: lockDelay)
            return []
        }
        lives[session]?.promised = max(known.promised, promised)
        guard let ended = known.ended, !known.isGivenUp, ended < promised else { return [] }
        return ["a renewal of \(session) was acknowledged, which ended \((ended - sent).shown) after it was sent"]
    }

    /// A lock of the key was acknowledged.
    func locked(_ key: ByteString, by session: String, at now: Instant) -> [String] {
        guard let delay = delays[key], delay.holder != session, now < delay.end else { return [] }
        return [
            "\(key.text) was locked by \(session) \((now - delay.ended).shown) after the end of \(delay.holder), "
                + "which held it, \((delay.end - now).shown) before its delay was over"
        ]
    }

    mutating func endOfStep(_ world: World) -> [String] {
        defer { moved.removeAll(keepingCapacity: true) }
        var violations: [String] = []
        for server in moved.sorted() {
            let sessions = Set(sessions(at: server, world))
            for session in (present[server] ?? []).subtracting(sessions).sorted() {
                guard let life = lives[session], life.ended == nil else { continue }
                lives[session]?.ended = world.now
                for (key, holder) in locked[server] ?? [:] where holder == session {
                    let end = world.now + life.lockDelay * tolerance
                    delays[key] = Delay(holder: session, ended: world.now, end: end)
                }
                guard !life.isGivenUp, world.now < life.promised else { continue }
                violations.append(
                    "\(session) ends at \(world.hosts[server]) \((life.promised - world.now).shown) before its time")
            }
            present[server] = sessions
            let entries = lockedKeys(at: server, world)
            locked[server] = Dictionary(entries.map { ($0.key, $0.session) }) { first, _ in first }
            violations += entries.filter { !sessions.contains($0.session) }.map {
                "\($0.key.text) at \(world.hosts[server]) is held by \($0.session), which has ended"
            }
        }
        return violations
    }

    /// Long after the last renewal.
    func leftovers(at server: Int, _ world: World) -> [String] {
        sessions(at: server, world).map { "\(world.hosts[server]) still has session \($0)" }
            + lockedKeys(at: server, world).map { "\(world.hosts[server]) still has \($0.key.text) locked" }
    }

    private func sessions(at server: Int, _ world: World) -> [String] {
        let request = Request.sessionList(SessionSpecificRequest(datacenter: datacenter))
        guard case .sessions(let found) = world.answer(request, at: server) else { return [] }
        return (found.sessions ?? []).map(\.id)
    }

    private func lockedKeys(at server: Int, _ world: World) -> [DirEntry] {
        let request = Request.kvsList(KeyRequest(datacenter: datacenter, key: ByteString("")))
        guard case .dirEntries(let found) = world.answer(request, at: server) else { return [] }
        return (found.entries ?? []).filter { !$0.session.isEmpty }
    }
}
