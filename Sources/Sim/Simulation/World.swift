import CatalogCore
package import Determinism
package import FederationModel
import GossipCore
import RaftCore
package import ServerCore
import StorageFormat
package import TopologyCore

/// A whole federation in one value: agents, network, disks and clock. A run follows from the seed alone.
package struct World: Sendable {
    /// One agent's process. Its core, disk and view stand beside it: they are large, and a look at a host must not
    /// copy them.
    struct Host: Sendable {
        let datacenter: String
        /// Of its datacenter among the world's.
        let place: Int
        var isRunning = false
        /// Counts starts: events for an earlier life are dropped.
        var life = 0
        var isFrozen = false
        /// Inputs that arrived while frozen, delivered when it continues. Bounded by what peers keep sending.
        var heldInputs: [Input] = []
        /// When its agent wants to be woken.
        var timer = Instant.distantFuture
        /// When the earliest of its timers among the events fires. Most agents put their time off again and again: the
        /// timer that is set stays, and is set anew only when it fires too early.
        var setTimer = Instant.distantFuture
        var isSyncing = false
        var nextAccepted: UInt64 = 1
        var clock = HostClock()
        var faults = DiskFaults()
    }

    enum Event: Sendable {
        indirect case input(host: Int, life: Int, Input)
        case timer(host: Int, life: Int, Instant)
        case synced(host: Int, life: Int)
        indirect case snapshotWritten(host: Int, life: Int, SnapshotMetadata, [UInt8], keepingTrailing: Int)
        /// A segment of a stream arrives, or what stands for its end.
        case stream(Int, toDialler: Bool, StreamEvent)
        case streamGivesUp(Int, toDialler: Bool, since: Instant)
        /// The client has waited long enough.
        case clientGivesUp(UInt64)
        case script(Int)
    }

    enum StreamEvent: Sendable {
        case opened
        case refused(String)
        case bytes([UInt8])
        case closed
    }

    /// Both ends of a TCP connection. Looked at for each segment: it holds nothing that has to be counted when it is
    /// copied.
    struct Link: Sendable {
        /// One direction.
        struct Way: Sendable {
            /// Arrival times only grow: a stream keeps its order.
            var last = Instant.zero
            /// Since when a cut has held something up.
            var stalledSince: Instant?
        }

        /// One direction of a connection, by its number.
        struct WayID: Hashable, Sendable {
            let number: Int
            let toDialler: Bool
        }

        let dialler: Int
        let diallerLife: Int
        let dialled: StreamID
        let acceptor: Int
        var acceptorLife: Int
        var accepted: StreamID?
        /// The dialler has heard that it is connected.
        var isOpen = false
        /// Each end until it closes the stream or hears that it is closed.
        var isHeldByDialler = true
        var isHeldByAcceptor = false
        private var toDialler = Way()
        private var toAcceptor = Way()

        init(dialler: Int, diallerLife: Int, dialled: StreamID, acceptor: Int, acceptorLife: Int) {
            self.dialler = dialler
            self.diallerLife = diallerLife
            self.dialled = dialled
            self.acceptor = acceptor
            self.acceptorLife = acceptorLife
        }

        subscript(isToDialler: Bool) -> Way {
            get { isToDialler ? toDialler : toAcceptor }
            set { if isToDialler { toDialler = newValue } else { toAcceptor = newValue } }
        }
    }

    package let seed: UInt64
    var random: SeededRandom
    static let beginning = Instant(nanoseconds: 1_000_000_000)
    package private(set) var now = World.beginning
    package var hosts: [String] { names }
    var states: [Host] = []
    var processes: [AgentProcess] = []
    var configurations: [ServerConfiguration] = []
    var disks: [SimulatedDisk] = []
    var views: [ReadView?] = []
    var names: [String] = []
    /// In the order of their first agents.
    var datacenters: [String] = []
    var events = EventQueue()
    var lookahead = Lookahead()
    /// Since the lookahead was last measured.
    var areLinksNew = true
    var links = LinkTable()
    /// What cuts hold up, in order.
    var stalled: [Link.WayID: [StreamEvent]] = [:]
    /// By host: links of the streams its agent knows, by what `key` makes of a stream.
    var linkOfStream: [NumberTable<Int>] = []
    var listeners: [Endpoint: (host: Int, channel: Channel)] = [:]
    /// By ordered pair of hosts: `wire(from, to)`.
    var wires: [Wire] = []
    var pipes: [PipeEnds: Pipe] = [:]
    var frontEnds: [FrontEnd] = []
    var clients = Clients()
    var producers: [SimulatedProducer] = []
    var producerAt: [Endpoint: Int] = [:]
    /// What addresses of probes say, by their text; as many as the configurations have checks.
    var probed: [String: Endpoint?] = [:]
    /// Agents that have ended by themselves or were asked to, drained by the run.
    package internal(set) var endings: [Ending] = []
    /// Takes each event as it happens; for a trace of one run.
    package var tracer: (@Sendable (TraceEvent) -> Void)?
    private var effects: [Effect] = []
    package internal(set) var hash = EventHash()
    package private(set) var eventCount = 0
    private var checkpoint = (at: Instant.zero, eventCount: 0)
    /// What checkers watch; the run takes it after each step when it wants any.
    package var keepsFacts = false
    var facts: [(host: Int, Fact)] = []
    /// Of each agent: how often it was given something to do.
    package internal(set) var turnCounts: [Int] = []
    /// The most effects that one turn of an agent had.
    package var largestTurn = (host: 0, effectCount: 0)
    /// Facts for the checkers, drained by the run.
    var observations: [(host: Int, Observation)] = []
    var answers: [(host: Int, RequestID, Result<Response, FederationError>)] = []
    var agentAnswers: [(host: Int, RequestID, AgentResponse)] = []
    /// What HTTP probes are answered with in a world without producers.
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

    /// How an agent's process ended.
    package struct Ending: Sendable {
        package let host: Int
        package let reason: String
        package let failed: Bool
    }

    package init(seed: UInt64) {
        self.seed = seed
        random = SeededRandom(seed: seed)
        clients.random = SeededRandom(seed: seed ^ 0x00C1_1E47)
    }

    package mutating func note(_ text: String, _ host: Int? = nil, _ fact: TimelineFact? = nil) {
        hash.combine(UInt64(bitPattern: now.nanoseconds))
        hash.combine(text)
        if keepsLog { lines.append("\(seconds) \(text)") }
        trace(.fault, host, text, fact)
    }

    var seconds: String {
        let micros = now.nanoseconds / 1000
        let fraction = String(micros % 1_000_000)
        return "\(micros / 1_000_000)." + String(repeating: "0", count: 6 - fraction.utf8.count) + fraction
    }

    // MARK: Running

    package mutating func schedule(script: Int, after delay: Duration) {
        add(.script(script), due: now + delay)
    }

    /// Handles the next event.
    /// - Returns: false when nothing is left before `limit`; the clock then stands there.
    package mutating func step(before limit: Instant) -> Bool {
        guard events.nextDeadline <= limit else {
            now = max(now, limit)
            return false
        }
        let due = events.nextDeadline
        guard let (event, number, place) = events.pop() else { return false }
        now = max(now, due)
        eventCount += 1
        guard isMoving else { return false }
        beginEvent(number, place)
        switch event {
        case .script(let number): scriptsDue.append(number)
        case .input(let host, let life, let input):
            guard states[host].life == life else { break }
            hand(input, to: host)
        case .timer(let host, let life, let instant):
            guard states[host].life == life, states[host].setTimer == instant else { break }
            states[host].setTimer = .distantFuture
            guard !states[host].isFrozen else { break }
            if states[host].timer <= instant { step(host) } else { setTimer(of: host) }
        case .synced(let host, let life): synced(host, life: life)
        case .snapshotWritten(let host, let life, let metadata, let data, let trailing):
            guard states[host].life == life, states[host].isRunning else { break }
            disks[host].save(metadata, data, keepingTrailing: trailing)
            hand(.snapshotSaved(metadata), to: host)
        case .stream(let number, let toDialler, let event): arrived(event, on: number, toDialler: toDialler)
        case .streamGivesUp(let number, let toDialler, let since): givesUp(number, toDialler: toDialler, since: since)
        case .clientGivesUp(let number): clientGivesUp(number)
        }
        endEvent(place)
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
    package mutating func request(
        _ request: Request, id: RequestID, at host: Int, timeout: Duration? = nil, explains: Bool = false
    ) {
        hand(.request(id, request, timeout: timeout, explains: explains), to: host)
    }

    /// Asks an agent about itself.
    package mutating func agentRequest(_ request: AgentRequest, id: RequestID, at host: Int) {
        hand(.agentRequest(id, request), to: host)
    }

    mutating func hand(_ input: Input, to host: Int) {
        guard states[host].isRunning else { return }
        if states[host].isFrozen {
            // A socket's buffer (net.core.rmem_default, 208 KiB) is full after about a thousand datagrams.
            if case .datagram = input, states[host].heldInputs.count >= 1024 { return }
            states[host].heldInputs.append(input)
            return
        }
        record(input, host)
        if tracer != nil { trace(input, host) }
        step(host, input)
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

    /// - Parameter earlier: inputs that came before it, of the same turn.
    mutating func step(_ host: Int, _ input: Input? = nil, after earlier: [Input] = []) {
        var batch: [Effect] = []
        swap(&batch, &effects)
        let clock = states[host].clock
        let deadline: Instant
        if let turn = takeFinished(host) {
            swap(&batch, &turn.effects)
            deadline = turn.deadline
        } else {
            // Of a world that was copied, each has its own.
            if !isKnownUniquelyReferenced(&processes[host]) { processes[host] = AgentProcess(processes[host].core) }
            deadline = processes[host].turn(input, after: earlier, at: clock.local(now), into: &batch)
        }
        let next = max(clock.world(deadline), now + .microseconds(1))
        states[host].timer = next
        if next < states[host].setTimer { setTimer(of: host) }
        turnCounts[host] += 1
        if batch.count > largestTurn.effectCount { largestTurn = (host: host, effectCount: batch.count) }
        // The last one first out: each is moved, not copied.
        batch.reverseByMoving()
        while let effect = batch.popLast() { perform(effect, by: host) }
        swap(&batch, &effects)
        // Answers leave before the process ends.
        continueClients()
        while let host = stopping.popLast() {
            _ = disks[host].sync()
            end(host)
        }
    }

    private mutating func setTimer(of host: Int) {
        let due = states[host].timer
        states[host].setTimer = due
        if due != .distantFuture { add(.timer(host: host, life: states[host].life, due), due: due) }
    }

    /// After a change of its clock: the timer is set anew.
    mutating func wake(_ host: Int) { if !states[host].isFrozen && states[host].isRunning { step(host) } }
}
