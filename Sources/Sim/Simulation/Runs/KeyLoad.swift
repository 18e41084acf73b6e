import CatalogCore
import Determinism
import FederationModel
import ServerCore
import TopologyCore

/// Clients of one datacenter's keys, and what their answers must fit: each key's history one order, stale reads of one
/// server's life never back, and a writer's own server shows what it has just acknowledged.
struct KeyLoad: Sendable {
    private struct Key: Sendable {
        let name: String
        var history: [KeyHistory.Entry] = []
        var openCount = 0
        var operationCount = 0
        var isClosed = false
        var isChecked = false
        var hasFinalRead = false
    }

    /// Where clients go.
    enum Focus: Equatable, Sendable {
        case anywhere
        /// To everybody but this server.
        case avoiding(Int)
        /// The first clients read there, consistent or by default; the others avoid it.
        case looking(at: Int, isConsistent: Bool)
        /// All read there by default: no log grows.
        case resting(at: Int)
    }

    private enum Mode: Sendable { case write, strong, stale }

    private struct Pending: Sendable {
        let client: Int?
        let key: Int
        let host: Int
        let operation: KeyHistory.Operation
        let mode: Mode
        let begun: Instant
        /// The server leads in this term, as it says itself.
        let leaderTerm: Term?
    }

    private struct Session: Hashable {
        let host: Int
        let life: Int
        let key: Int
    }

    /// What a client has read of a key last.
    private struct Seen: Sendable {
        var value = 0
        var index: UInt64 = 0
    }

    static let clientCount = 6
    /// Of them, with `Focus.looking`.
    static let lookerCount = 2
    static let keyCount = 3
    /// The search for an order is exponential at the worst: a key is left after this many operations.
    static let operationsPerKey = 48
    static let timeout = Duration.seconds(2)

    private let serverCount: Int
    var focus = Focus.anywhere
    private var random: SeededRandom
    private var keys: [Key] = []
    /// Places of the keys in use.
    private var active: [Int] = []
    private var pending: [RequestID: Pending] = [:]
    private var busy: Set<Int> = []
    private var seen: [Int: [Int: Seen]] = [:]
    private var sessions: [Session: UInt64] = [:]
    /// The view's index when a request was answered.
    private var viewAtAnswer: [RequestID: LogIndex] = [:]
    private var nextValue = 0
    private(set) var writeCount = 0
    private(set) var readCount = 0
    private(set) var undecidedCount = 0

    init(serverCount: Int, random: SeededRandom) {
        self.serverCount = serverCount
        self.random = random
        for _ in 0..<Self.keyCount { openKey() }
    }

    private mutating func openKey() {
        active.append(keys.count)
        keys.append(Key(name: "\(DatacenterRun.prefix)\(keys.count)"))
    }

    // MARK: Asking

    /// - Returns: nil when the client waits for an answer or its server is down.
    mutating func next(_ client: Int, id: RequestID, _ world: World) -> (host: Int, Request)? {
        let host = place(of: client)
        guard !busy.contains(client), world.isRunning(host), let key = active.randomElement(using: &random) else {
            return nil
        }
        var draw = Int.random(in: 0..<100, using: &random)
        switch focus {
        case .looking(_, let isConsistent) where client < Self.lookerCount: draw = isConsistent ? 80 : 50
        case .resting: draw = 50
        case .anywhere, .avoiding, .looking: break
        }
        let last = seen[client]?[key]
        let operation: KeyHistory.Operation
        switch draw {
        case 0..<20:
            nextValue += 1
            operation = .set(nextValue)
        case 20..<40:
            guard let last else { return read(key, .strong, isConsistent: true, client, host, id, world) }
            nextValue += 1
            operation = .compareAndSet(expected: last.value, nextValue)
        case 40..<47: operation = .delete
        case 47..<72: return read(key, .strong, isConsistent: false, client, host, id, world)
        case 72..<86: return read(key, .strong, isConsistent: true, client, host, id, world)
        default: return read(key, .stale, isConsistent: false, client, host, id, world)
        }
        begin(key, operation, .write, client, host, id, world)
        var entry = DirEntry(key: ByteString(keys[key].name))
        var verb = "set"
        switch operation {
        case .set(let value): entry.value = ByteString(String(value))
        case .compareAndSet(_, let value):
            verb = "cas"
            entry.value = ByteString(String(value))
            entry.raftIndex.modifyIndex = last?.index ?? 0
        case .delete, .read: verb = "delete"
        }
        return (host, .kvsApply(KVSRequest(datacenter: DatacenterRun.datacenter, op: verb, dirEnt: entry)))
    }

    private mutating func place(of client: Int) -> Int {
        let anywhere = Int.random(in: 0..<serverCount, using: &random)
        switch focus {
        case .looking(let host, _) where client < Self.lookerCount: return host
        case .resting(let host): return host
        case .avoiding(anywhere), .looking(anywhere, _): return (anywhere + 1) % serverCount
        case .anywhere, .avoiding, .looking: return anywhere
        }
    }

    private mutating func read(
        _ key: Int, _ mode: Mode, isConsistent: Bool, _ client: Int?, _ host: Int, _ id: RequestID, _ world: World
    ) -> (host: Int, Request) {
        begin(key, .read, mode, client, host, id, world)
        var options = QueryOptions()
        options.requireConsistent = isConsistent
        options.allowStale = mode == .stale
        let name = ByteString(keys[key].name)
        return (host, .kvsGet(KeyRequest(datacenter: DatacenterRun.datacenter, key: name, options: options)))
    }

    private mutating func begin(
        _ key: Int, _ operation: KeyHistory.Operation, _ mode: Mode, _ client: Int?, _ host: Int, _ id: RequestID,
        _ world: World
    ) {
        let view = world.views[host]
        pending[id] = Pending(
            client: client, key: key, host: host, operation: operation, mode: mode, begun: world.now,
            leaderTerm: view?.isLeader == true ? view?.term : nil)
        if let client { busy.insert(client) }
        guard mode != .stale else { return }
        keys[key].openCount += 1
        keys[key].operationCount += 1
        if keys[key].operationCount >= Self.operationsPerKey && !keys[key].isClosed {
            keys[key].isClosed = true
            active.removeAll { $0 == key }
            openKey()
        }
    }

    // MARK: Hearing

    mutating func check(_ fact: Fact, _ host: Int, _ world: World) {
        switch fact {
        case .answered(let id, let view): if pending[id] != nil { viewAtAnswer[id] = view }
        case .ended: abandon(host, at: world.now)
        default: break
        }
    }

    /// Clients of an agent that has ended never learn what became of their requests.
    private mutating func abandon(_ host: Int, at now: Instant) {
        for (id, request) in pending.sorted(by: { $0.key.number < $1.key.number }) where request.host == host {
            pending[id] = nil
            end(request, .unknown, at: now)
        }
    }

    private mutating func end(_ request: Pending, _ outcome: KeyHistory.Outcome?, at now: Instant) {
        if let client = request.client { busy.remove(client) }
        guard request.mode != .stale else { return }
        keys[request.key].openCount -= 1
        // Certainly not done: as if it had never been.
        guard let outcome else { return }
        let who = (request.client.map { "client \($0)" } ?? "the last look") + " at s\(request.host + 1)"
        keys[request.key].history.append(
            KeyHistory.Entry(
                who: who, operation: request.operation, begun: request.begun, ended: now, outcome: outcome))
    }

    mutating func answered(
        _ id: RequestID, _ result: Result<Response, FederationError>, _ world: World
    ) -> [String] {
        let view = viewAtAnswer.removeValue(forKey: id)
        guard let request = pending.removeValue(forKey: id) else { return ["request \(id.number) was answered twice"] }
        var violations: [String] = []
        switch request.mode {
        case .write:
            let outcome = writeOutcome(request.operation, result)
            if outcome == .done {
                writeCount += 1
                if let late = unpublished(request, view: view, world) { violations.append(late) }
            }
            end(request, outcome, at: world.now)
            seen[request.client ?? -1]?[request.key] = nil
        case .strong, .stale:
            guard case .success(.dirEntries(let answer)) = result else {
                end(request, .unknown, at: world.now)
                break
            }
            readCount += 1
            let entry = answer.entries?.first
            let value = entry?.value.flatMap { Int($0.text) } ?? 0
            end(request, .read(value), at: world.now)
            if request.mode == .stale {
                if let back = wentBack(request, answer.meta.index, world) { violations.append(back) }
            } else if let client = request.client {
                let index = entry?.raftIndex.modifyIndex ?? 0
                seen[client, default: [:]][request.key] = Seen(value: value, index: index)
            } else {
                keys[request.key].hasFinalRead = true
            }
        }
        if keys[request.key].isClosed && keys[request.key].openCount == 0 {
            violations += checkHistory(request.key)
        }
        return violations
    }

    /// Nil: certainly not done.
    private func writeOutcome(
        _ operation: KeyHistory.Operation, _ result: Result<Response, FederationError>
    ) -> KeyHistory.Outcome? {
        if case .compareAndSet = operation, case .success(.bool(let isDone)) = result {
            return isDone ? .done : .differed
        }
        if case .success = result { return .done }
        return RegisterChecker.Outcome(result) == .refused ? nil : .unknown
    }

    /// Decision 11: who has the answer of a leader never finds its view older.
    private func unpublished(_ request: Pending, view: LogIndex?, _ world: World) -> String? {
        guard let term = request.leaderTerm, let view, let present = world.views[request.host], present.isLeader,
            present.term == term
        else { return nil }
        let read = Request.kvsGet(
            KeyRequest(datacenter: DatacenterRun.datacenter, key: ByteString(keys[request.key].name)))
        guard case .dirEntries(let answer)? = present.catalog?.answer(read, datacenter: present.datacenter)?.response,
            let entry = answer.entries?.first, let value = entry.value.flatMap({ Int($0.text) }),
            entry.raftIndex.modifyIndex > view.value
        else { return nil }
        switch request.operation {
        case .set(value), .compareAndSet(_, value):
            return "s\(request.host + 1) answered a write of index \(entry.raftIndex.modifyIndex) while its view "
                + "stood at \(view)"
        default: return nil
        }
    }

    private mutating func wentBack(_ request: Pending, _ index: UInt64, _ world: World) -> String? {
        let session = Session(host: request.host, life: world.life(of: request.host), key: request.key)
        let known = sessions.updateValue(index, forKey: session)
        guard let known, index < known else { return nil }
        return "stale reads went back: s\(request.host + 1) shows \(keys[request.key].name) at index \(index) "
            + "after \(known)"
    }

    // MARK: Judging

    private mutating func checkHistory(_ key: Int) -> [String] {
        guard !keys[key].isChecked else { return [] }
        keys[key].isChecked = true
        switch KeyHistory(keys[key].history).verdict {
        case .linearizable: return []
        case .undecided:
            undecidedCount += 1
            return []
        case .violated(let entry, let count):
            let moment = (entry.ended - World.beginning).shown
            return [
                "not linearizable: \(keys[key].name) has no order in which \(entry) by \(moment), after \(count) of "
                    + "\(keys[key].history.count) operations"
            ]
        }
    }

    // MARK: The end

    var hasFinalReads: Bool { active.allSatisfy { keys[$0].hasFinalRead } }

    /// One at a time, until one has succeeded for each key in use.
    mutating func nextFinalRead(id: RequestID, _ world: World) -> (host: Int, Request)? {
        guard !pending.values.contains(where: { $0.client == nil }),
            let key = active.first(where: { !keys[$0].hasFinalRead })
        else { return nil }
        let host = Int.random(in: 0..<serverCount, using: &random)
        guard world.isRunning(host) else { return nil }
        return read(key, .strong, isConsistent: true, nil, host, id, world)
    }

    /// What is still under way has an unknown outcome.
    mutating func finalViolations() -> [String] {
        for (id, request) in pending.sorted(by: { $0.key.number < $1.key.number }) {
            pending[id] = nil
            end(request, .unknown, at: request.begun)
        }
        return keys.indices.flatMap { checkHistory($0) }
    }
}
