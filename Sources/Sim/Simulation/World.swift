import CatalogCore
package import Determinism
package import FederationModel
import GossipCore
import RaftCore
package import ServerCore
import StorageFormat

/// A whole federation in one value: agents, network, disks and clock. A run follows from the seed alone.
package struct World: Sendable {
    /// One agent's process. Its core, disk and view stand beside it: they are large, and a look at a host must not
    /// copy them.
    struct Host: Sendable {
        let datacenter: String
        var isRunning = false
        /// Counts starts: events for an earlier life are dropped.
        var life = 0
        var isFrozen = false
        /// Inputs that arrived while frozen, delivered when it continues. Bounded by what peers keep sending.
        var heldInputs: [Input] = []
        var timer = Instant.distantFuture
        var isSyncing = false
        var nextAccepted: UInt64 = 1
    }

    enum Event: Sendable {
        indirect case input(host: Int, life: Int, Input)
        case timer(host: Int, life: Int, Instant)
        case synced(host: Int, life: Int)
        indirect case snapshotWritten(host: Int, life: Int, SnapshotMetadata, [UInt8], keepingTrailing: Int)
        /// A segment of a stream arrives, or what stands for its end.
        case stream(Int, toDialler: Bool, StreamEvent)
        case script(Int)
    }

    enum StreamEvent: Sendable {
        case opened
        case refused(String)
        case bytes([UInt8])
        case closed
    }

    /// Both ends of a TCP connection.
    struct Link: Sendable {
        let dialler: Int
        let diallerLife: Int
        let dialled: StreamID
        let acceptor: Int
        var acceptorLife: Int
        var accepted: StreamID?
        /// The dialler has heard that it is connected.
        var isOpen = false
        /// Arrival times only grow: a stream keeps its order.
        var lastToDialler = Instant.zero
        var lastToAcceptor = Instant.zero
        /// What a cut holds up, in order.
        var stalledToDialler: [StreamEvent] = []
        var stalledToAcceptor: [StreamEvent] = []
    }

    package let seed: UInt64
    var random: SeededRandom
    package private(set) var now = Instant(nanoseconds: 1_000_000_000)
    package var hosts: [String] { names }
    var states: [Host] = []
    /// Nil: the process is not running.
    var cores: [ServerCore?] = []
    var configurations: [ServerConfiguration] = []
    var disks: [SimulatedDisk] = []
    var views: [ReadView?] = []
    var names: [String] = []
    var events = DeadlineQueue<Event>()
    var links: [Int: Link] = [:]
    var linkOfStream: [Int: [StreamID: Int]] = [:]
    var nextLink = 0
    var listeners: [Endpoint: (host: Int, channel: Channel)] = [:]
    /// Ordered pairs of hosts that cannot reach each other, in this direction.
    var cuts: Set<HostPair> = []
    private var effects: [Effect] = []
    package private(set) var hash = EventHash()
    package private(set) var eventCount = 0
    private var checkpoint = (at: Instant.zero, eventCount: 0)
    /// Facts for the checkers, drained by the run.
    var observations: [(host: Int, Observation)] = []
    var answers: [(host: Int, RequestID, Result<Response, FederationError>)] = []
    var agentAnswers: [(host: Int, RequestID, AgentResponse)] = []
    /// What HTTP probes are answered with.
    package var probeStatus = 200
    /// What names resolve to; lookups of others are never answered.
    package var addresses: [String: [IPAddress]] = [:]
    /// Agents that have ended by themselves within the present step.
    var stopping: [Int] = []
    /// Of each catalog that was handed out to be saved.
    var catalogDigests: [(host: Int, LogIndex, UInt64)] = []
    var scriptsDue: [Int] = []
    package var lines: [String] = []
    /// Keeps log lines of agents for a report; off in mass runs.
    package var keepsLog = false

    struct HostPair: Hashable, Sendable {
        let from: Int
        let to: Int
    }

    package init(seed: UInt64) {
        self.seed = seed
        random = SeededRandom(seed: seed)
    }

    // MARK: Building

    package mutating func add(_ configuration: ServerConfiguration) -> Int {
        let host = states.count
        let identity = FileIdentity(datacenter: configuration.datacenter, nodeID: configuration.nodeID)
        states.append(Host(datacenter: configuration.datacenter))
        cores.append(nil)
        configurations.append(configuration)
        disks.append(SimulatedDisk(identity: identity))
        views.append(nil)
        names.append(configuration.node)
        listeners[configuration.rpcEndpoint] = (host: host, channel: .rpc)
        listeners[configuration.lanEndpoint] = (host: host, channel: .lan)
        if let wan = configuration.wanEndpoint { listeners[wan] = (host: host, channel: .wan) }
        return host
    }

    package mutating func start(_ host: Int) {
        precondition(!states[host].isRunning, "\(names[host]) runs already")
        states[host].life += 1
        states[host].isSyncing = false
        var configuration = configurations[host]
        configuration.lanSnapshot = disks[host].files[ServerCore.snapshotName(.lan)] ?? []
        configuration.wanSnapshot = disks[host].files[ServerCore.snapshotName(.wan)] ?? []
        configuration.commitFile = disks[host].files[ServerCore.commitFileName] ?? []
        for channel in [Channel.lan, .wan] {
            guard let file = disks[host].files[ServerCore.keyringName(channel)] else { continue }
            configuration.savedKeyrings[channel] = try? KeyringFile.read(file)
        }
        do throws(StorageError) {
            let opened = try disks[host].open()
            cores[host] = ServerCore(
                configuration, recovery: opened.recovery, snapshot: opened.catalog,
                localState: disks[host].files[ServerCore.localStateName] ?? [], at: now, random: random.split())
            states[host].isRunning = true
        } catch {
            lines.append("VIOLATION \(names[host]) cannot open its disk: \(error)")
        }
        note("start \(names[host])")
        step(host)
    }

    /// SIGKILL with loss of power: unsynced bytes are gone, peers see a reset.
    package mutating func kill(_ host: Int) {
        guard states[host].isRunning else { return }
        disks[host].crash(using: &random)
        note("kill \(names[host])")
        end(host)
    }

    /// The process is gone and its kernel closes what it had open.
    private mutating func end(_ host: Int) {
        states[host].isRunning = false
        cores[host] = nil
        views[host] = nil
        states[host].isFrozen = false
        states[host].heldInputs = []
        linkOfStream[host] = nil
        for number in links.keys.sorted() {
            guard let link = links[number], link.dialler == host || link.acceptor == host else { continue }
            let toDialler = link.acceptor == host
            deliver(.closed, on: number, toDialler: toDialler)
        }
    }

    /// Its disk was replaced.
    package mutating func wipe(_ host: Int) {
        kill(host)
        disks[host] = SimulatedDisk(identity: disks[host].identity)
        note("wipe \(names[host])")
    }

    package mutating func freeze(_ host: Int) {
        guard states[host].isRunning else { return }
        states[host].isFrozen = true
        note("freeze \(names[host])")
    }

    package mutating func resume(_ host: Int) {
        guard states[host].isFrozen else { return }
        states[host].isFrozen = false
        let held = states[host].heldInputs
        states[host].heldInputs = []
        note("resume \(names[host])")
        step(host, held)
    }

    /// A small file of the agent's data directory.
    package func file(_ name: String, of host: Int) -> [UInt8]? { disks[host].files[name] }

    package func isRunning(_ host: Int) -> Bool { states[host].isRunning }

    /// Cuts or heals one direction.
    package mutating func setCut(_ isCut: Bool, from: Int, to: Int) {
        let pair = HostPair(from: from, to: to)
        guard cuts.contains(pair) != isCut else { return }
        if isCut {
            cuts.insert(pair)
        } else {
            cuts.remove(pair)
            release(from: from, to: to)
        }
    }

    package mutating func healAll() {
        for pair in cuts.sorted(by: { ($0.from, $0.to) < ($1.from, $1.to) }) {
            setCut(false, from: pair.from, to: pair.to)
        }
        for host in states.indices { resume(host) }
        note("heal")
    }

    /// Takes an agent's gossip away, datagrams and streams; its server RPC stays.
    package mutating func setGossip(_ isOn: Bool, of host: Int) {
        listeners[configurations[host].lanEndpoint] = isOn ? (host: host, channel: .lan) : nil
        if let wan = configurations[host].wanEndpoint { listeners[wan] = isOn ? (host: host, channel: .wan) : nil }
        note("gossip of \(names[host]) \(isOn ? "on" : "off")")
    }

    func conditions(_ from: Int, _ to: Int) -> NetworkConditions {
        states[from].datacenter == states[to].datacenter ? .local : .remote
    }

    mutating func note(_ text: String) {
        hash.combine(UInt64(bitPattern: now.nanoseconds))
        hash.combine(text)
        if keepsLog { lines.append("\(seconds) \(text)") }
    }

    var seconds: String {
        let micros = now.nanoseconds / 1000
        let fraction = String(micros % 1_000_000)
        return "\(micros / 1_000_000)." + String(repeating: "0", count: 6 - fraction.utf8.count) + fraction
    }

    // MARK: Running

    package mutating func schedule(script: Int, after delay: Duration) {
        events.add(.script(script), due: now + delay)
    }

    /// Handles the next event.
    /// - Returns: false when nothing is left before `limit`; the clock then stands there.
    package mutating func step(before limit: Instant) -> Bool {
        guard events.nextDeadline <= limit else {
            now = max(now, limit)
            return false
        }
        let due = events.nextDeadline
        guard let event = events.popDue(at: due) else { return false }
        now = max(now, due)
        eventCount += 1
        guard isMoving else { return false }
        switch event {
        case .script(let number): scriptsDue.append(number)
        case .input(let host, let life, let input):
            guard states[host].life == life else { break }
            hand(input, to: host)
        case .timer(let host, let life, let instant):
            guard states[host].life == life, states[host].timer == instant, !states[host].isFrozen else { break }
            step(host)
        case .synced(let host, let life): synced(host, life: life)
        case .snapshotWritten(let host, let life, let metadata, let data, let trailing):
            guard states[host].life == life, states[host].isRunning else { break }
            disks[host].save(metadata, data, keepingTrailing: trailing)
            hand(.snapshotSaved(metadata), to: host)
        case .stream(let number, let toDialler, let event): arrived(event, on: number, toDialler: toDialler)
        }
        return true
    }

    /// An agent that asks for its timer again and again, or two that answer each other without end, would keep the
    /// clock from moving.
    private var isMoving: Bool {
        mutating get {
            if now - checkpoint.at >= .milliseconds(10) { checkpoint = (at: now, eventCount: eventCount) }
            guard eventCount - checkpoint.eventCount > 20_000 else { return true }
            lines.append("VIOLATION \(seconds) the clock stands still: \(eventCount - checkpoint.eventCount) events")
            return false
        }
    }

    /// Hands a request of a client to an agent.
    package mutating func request(_ request: Request, id: RequestID, at host: Int, timeout: Duration? = nil) {
        hand(.request(id, request, timeout: timeout), to: host)
    }

    /// Asks an agent about itself.
    package mutating func agentRequest(_ request: AgentRequest, id: RequestID, at host: Int) {
        hand(.agentRequest(id, request), to: host)
    }

    mutating func hand(_ input: Input, to host: Int) {
        guard states[host].isRunning else { return }
        if states[host].isFrozen {
            states[host].heldInputs.append(input)
            return
        }
        record(input, host)
        step(host, CollectionOfOne(input))
    }

    /// Every input is part of the run's fingerprint, bytes included.
    private mutating func record(_ input: Input, _ host: Int) {
        hash.combine(UInt64(bitPattern: now.nanoseconds))
        hash.combine(UInt64(host))
        switch input {
        case .datagram(_, _, let bytes), .received(_, let bytes): hash.combine(bytes)
        case .persisted(let sequence): hash.combine(sequence)
        default: hash.combine(UInt64(1))
        }
    }

    private mutating func step(_ host: Int, _ inputs: some Sequence<Input> = EmptyCollection()) {
        var batch: [Effect] = []
        swap(&batch, &effects)
        // Worked on in its place: a copy of a core costs more than most of its steps.
        let deadline = cores[host]?.run(inputs, at: now, into: &batch) ?? .distantFuture
        let next = max(deadline, now + .microseconds(1))
        if states[host].timer != next {
            states[host].timer = next
            if next != .distantFuture { events.add(.timer(host: host, life: states[host].life, next), due: next) }
        }
        for effect in batch { perform(effect, by: host) }
        batch.removeAll(keepingCapacity: true)
        swap(&batch, &effects)
        while let host = stopping.popLast() {
            _ = disks[host].sync()
            end(host)
        }
    }
}

extension ServerCore {
    /// One turn of a shell's loop.
    /// - Returns: when the next is due.
    fileprivate mutating func run(
        _ inputs: some Sequence<Input>, at now: Instant, into effects: inout [Effect]
    ) -> Instant {
        for input in inputs { handle(input, at: now, into: &effects) }
        advance(to: now, into: &effects)
        return nextDeadline
    }
}
