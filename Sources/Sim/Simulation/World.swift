import CatalogCore
package import Determinism
package import FederationModel
import GossipCore
import RaftCore
package import ServerCore
import StorageFormat

/// A whole federation in one value: agents, network, disks and clock. A run follows from the seed alone.
package struct World: Sendable {
    /// One agent and what it stands on. Nil core: the process is not running.
    struct Host: Sendable {
        var configuration: ServerConfiguration
        var core: ServerCore?
        var disk: SimulatedDisk
        /// Counts starts: events for an earlier life are dropped.
        var life = 0
        var isFrozen = false
        /// Inputs that arrived while frozen, delivered when it continues. Bounded by what peers keep sending.
        var heldInputs: [Input] = []
        var timer = Instant.distantFuture
        var isSyncing = false
        var nextAccepted: UInt64 = 1
        var view: ReadView?
    }

    enum Event: Sendable {
        case input(host: Int, life: Int, Input)
        case timer(host: Int, life: Int, Instant)
        case synced(host: Int, life: Int)
        case snapshotWritten(host: Int, life: Int, SnapshotMetadata, [UInt8], keepingTrailing: Int)
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
    var names: [String] = []
    private var events = DeadlineQueue<Event>()
    private var links: [Int: Link] = [:]
    private var linkOfStream: [Int: [StreamID: Int]] = [:]
    private var nextLink = 0
    private var listeners: [Endpoint: (host: Int, channel: Channel)] = [:]
    /// Ordered pairs of hosts that cannot reach each other, in this direction.
    private var cuts: Set<HostPair> = []
    private var effects: [Effect] = []
    package private(set) var hash = EventHash()
    package private(set) var eventCount = 0
    private var checkpoint = (at: Instant.zero, eventCount: 0)
    /// Facts for the checkers, drained by the run.
    var observations: [(host: Int, Observation)] = []
    var answers: [(host: Int, RequestID, Result<Response, FederationError>)] = []
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
        states.append(Host(configuration: configuration, core: nil, disk: SimulatedDisk(identity: identity)))
        names.append(configuration.node)
        listeners[configuration.rpcEndpoint] = (host: host, channel: .rpc)
        listeners[configuration.lanEndpoint] = (host: host, channel: .lan)
        if let wan = configuration.wanEndpoint { listeners[wan] = (host: host, channel: .wan) }
        return host
    }

    package mutating func start(_ host: Int) {
        precondition(states[host].core == nil, "\(names[host]) runs already")
        states[host].life += 1
        states[host].isSyncing = false
        var configuration = states[host].configuration
        configuration.lanSnapshot = states[host].disk.files[ServerCore.snapshotName(.lan)] ?? []
        configuration.wanSnapshot = states[host].disk.files[ServerCore.snapshotName(.wan)] ?? []
        do throws(StorageError) {
            let opened = try states[host].disk.open()
            states[host].core = ServerCore(
                configuration, recovery: opened.recovery, snapshot: opened.catalog,
                localState: states[host].disk.files[ServerCore.localStateName] ?? [], at: now, random: random.split())
        } catch {
            lines.append("VIOLATION \(names[host]) cannot open its disk: \(error)")
        }
        note("start \(names[host])")
        step(host)
    }

    /// SIGKILL with loss of power: unsynced bytes are gone, peers see a reset.
    package mutating func kill(_ host: Int) {
        guard states[host].core != nil else { return }
        states[host].core = nil
        states[host].isFrozen = false
        states[host].heldInputs = []
        states[host].view = nil
        states[host].disk.crash(using: &random)
        note("kill \(names[host])")
        for number in links.keys.sorted() {
            guard let link = links[number], link.dialler == host || link.acceptor == host else { continue }
            let toDialler = link.acceptor == host
            deliver(.closed, on: number, toDialler: toDialler)
        }
    }

    package mutating func freeze(_ host: Int) {
        guard states[host].core != nil else { return }
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

    package func isRunning(_ host: Int) -> Bool { states[host].core != nil }

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

    private func conditions(_ from: Int, _ to: Int) -> NetworkConditions {
        states[from].configuration.datacenter == states[to].configuration.datacenter ? .local : .remote
    }

    mutating func note(_ text: String) {
        hash.combine(UInt64(bitPattern: now.nanoseconds))
        hash.combine(text)
        if keepsLog { lines.append("\(seconds) \(text)") }
    }

    private var seconds: String {
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
            guard states[host].life == life, states[host].core != nil else { break }
            states[host].disk.save(metadata, data, keepingTrailing: trailing)
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

    private mutating func hand(_ input: Input, to host: Int) {
        guard states[host].core != nil else { return }
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
        for input in inputs { states[host].core?.handle(input, at: now, into: &batch) }
        states[host].core?.advance(to: now, into: &batch)
        let next = max(states[host].core?.nextDeadline ?? .distantFuture, now + .microseconds(1))
        if states[host].timer != next {
            states[host].timer = next
            if next != .distantFuture { events.add(.timer(host: host, life: states[host].life, next), due: next) }
        }
        for effect in batch { perform(effect, by: host) }
        batch.removeAll(keepingCapacity: true)
        swap(&batch, &effects)
    }

    private mutating func perform(_ effect: Effect, by host: Int) {
        switch effect {
        case .datagram(_, let to, let bytes): send(bytes, from: host, to: to)
        case .connect(let stream, let to, let timeout): connect(stream, from: host, to: to, timeout: timeout)
        case .write(let stream, let bytes): write(.bytes(bytes), on: stream, by: host)
        case .close(let stream): write(.closed, on: stream, by: host)
        case .persist(let sequence, let batch):
            states[host].disk.write(batch, sequence: sequence)
            startSync(host)
        case .saveSnapshot(let metadata, let catalog, let trailing):
            let data = catalog.snapshot()
            let delay = random.duration(in: .milliseconds(1)..<(.milliseconds(50)))
            events.add(
                .snapshotWritten(
                    host: host, life: states[host].life, metadata, data, keepingTrailing: trailing), due: now + delay)
        case .installSnapshot(let metadata, let data):
            states[host].disk.save(metadata, data, keepingTrailing: 0)
            startSync(host)
            events.add(
                .input(host: host, life: states[host].life, .snapshotSaved(metadata)), due: now + .milliseconds(40))
        case .publish(let view): states[host].view = view
        case .answer(let id, let result): answers.append((host: host, id, result))
        case .agentAnswer: break
        case .probe(let id, _):
            let result = ProbeResult.answered(code: 200, reason: "OK", body: "", timings: .init())
            events.add(
                .input(host: host, life: states[host].life, .probed(id, result)), due: now + .milliseconds(2))
        case .cancelProbe: break
        case .saveFile(let name, let bytes): states[host].disk.files[name] = bytes
        case .appendFile(let name, let bytes): states[host].disk.files[name, default: []] += bytes
        case .log(let line):
            guard keepsLog, line.level.rawValue >= LogLine.Level.info.rawValue else { break }
            let values = line.values.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            lines.append("\(seconds) \(names[host]) \(line.message) \(values)")
        case .stop(let reason, let failed):
            lines.append("\(failed ? "VIOLATION " : "")\(seconds) \(names[host]) stops: \(reason)")
        case .observed(let observation): observations.append((host: host, observation))
        }
    }

    // MARK: Disk

    private mutating func startSync(_ host: Int) {
        guard !states[host].isSyncing else { return }
        states[host].isSyncing = true
        let latency = random.duration(in: .microseconds(100)..<(.milliseconds(random.chance(0.02) ? 30 : 2)))
        events.add(.synced(host: host, life: states[host].life), due: now + latency)
    }

    private mutating func synced(_ host: Int, life: Int) {
        guard states[host].life == life, states[host].core != nil else { return }
        states[host].isSyncing = false
        guard let sequence = states[host].disk.sync() else { return }
        hand(.persisted(through: sequence), to: host)
    }

    // MARK: Network

    private mutating func send(_ bytes: [UInt8], from host: Int, to: Endpoint) {
        guard let target = listeners[to], target.channel != .rpc else { return }
        let conditions = conditions(host, target.host)
        // Drawn also for what is lost, so that a cut does not shift later draws.
        let delay = random.duration(in: conditions.latency)
        let isLost = random.chance(conditions.loss)
        guard !isLost, !cuts.contains(HostPair(from: host, to: target.host)), states[target.host].core != nil,
            let source = target.channel == .lan
                ? states[host].configuration.lanEndpoint : states[host].configuration.wanEndpoint
        else { return }
        events.add(
            .input(
                host: target.host, life: states[target.host].life, .datagram(target.channel, from: source, bytes)),
            due: now + delay)
    }

    private mutating func connect(_ stream: StreamID, from host: Int, to: Endpoint, timeout: Duration) {
        guard let target = listeners[to] else {
            let input = Input.connectFailed(stream, "connection refused")
            events.add(.input(host: host, life: states[host].life, input), due: now + .microseconds(200))
            return
        }
        let number = nextLink
        nextLink += 1
        links[number] = Link(
            dialler: host, diallerLife: states[host].life, dialled: stream, acceptor: target.host,
            acceptorLife: states[target.host].life)
        linkOfStream[host, default: [:]][stream] = number
        deliver(.opened, on: number, toDialler: false)
        events.add(.stream(number, toDialler: true, .refused("timed out")), due: now + timeout)
    }

    private mutating func write(_ event: StreamEvent, on stream: StreamID, by host: Int) {
        guard let number = linkOfStream[host]?[stream], let link = links[number] else { return }
        let isDialler = link.dialler == host && link.dialled == stream
        if case .closed = event { linkOfStream[host]?[stream] = nil }
        deliver(event, on: number, toDialler: !isDialler)
    }

    /// Puts a segment on the wire; a cut holds it up with everything behind it.
    private mutating func deliver(_ event: StreamEvent, on number: Int, toDialler: Bool) {
        guard var link = links[number] else { return }
        let from = toDialler ? link.acceptor : link.dialler
        let to = toDialler ? link.dialler : link.acceptor
        if cuts.contains(HostPair(from: from, to: to)) {
            if toDialler { link.stalledToDialler.append(event) } else { link.stalledToAcceptor.append(event) }
            links[number] = link
            return
        }
        let conditions = conditions(from, to)
        var delay = random.duration(in: conditions.latency)
        if random.chance(conditions.loss) { delay += NetworkConditions.streamLossDelay }
        let previous = toDialler ? link.lastToDialler : link.lastToAcceptor
        let due = max(now + delay, previous + .nanoseconds(1))
        if toDialler { link.lastToDialler = due } else { link.lastToAcceptor = due }
        links[number] = link
        events.add(.stream(number, toDialler: toDialler, event), due: due)
    }

    private mutating func release(from: Int, to: Int) {
        for number in links.keys.sorted() {
            guard let link = links[number] else { continue }
            if link.dialler == from && link.acceptor == to && !link.stalledToAcceptor.isEmpty {
                links[number]?.stalledToAcceptor = []
                for event in link.stalledToAcceptor { deliver(event, on: number, toDialler: false) }
            }
            if link.acceptor == from && link.dialler == to && !link.stalledToDialler.isEmpty {
                links[number]?.stalledToDialler = []
                for event in link.stalledToDialler { deliver(event, on: number, toDialler: true) }
            }
        }
    }

    private mutating func arrived(_ event: StreamEvent, on number: Int, toDialler: Bool) {
        guard let link = links[number] else { return }
        if toDialler {
            arrivedAtDialler(event, number, link)
        } else {
            arrivedAtAcceptor(event, number, link)
        }
    }

    private mutating func arrivedAtDialler(_ event: StreamEvent, _ number: Int, _ link: Link) {
        guard states[link.dialler].life == link.diallerLife, linkOfStream[link.dialler]?[link.dialled] == number else {
            return
        }
        switch event {
        case .opened:
            links[number]?.isOpen = true
            hand(.connected(link.dialled), to: link.dialler)
        case .refused(let reason):
            // The connect timeout: nothing to do once the other end has answered.
            guard !link.isOpen else { return }
            linkOfStream[link.dialler]?[link.dialled] = nil
            links[number] = nil
            hand(.connectFailed(link.dialled, reason), to: link.dialler)
        case .bytes(let bytes): hand(.received(link.dialled, bytes), to: link.dialler)
        case .closed:
            linkOfStream[link.dialler]?[link.dialled] = nil
            hand(.closed(link.dialled), to: link.dialler)
        }
    }

    private mutating func arrivedAtAcceptor(_ event: StreamEvent, _ number: Int, _ link: Link) {
        let host = link.acceptor
        if case .opened = event {
            guard states[host].core != nil else {
                return deliver(.refused("connection refused"), on: number, toDialler: true)
            }
            let stream = StreamID(link.dialled.channel, states[host].nextAccepted)
            states[host].nextAccepted += 2
            links[number]?.accepted = stream
            links[number]?.acceptorLife = states[host].life
            linkOfStream[host, default: [:]][stream] = number
            let source = Endpoint(states[link.dialler].configuration.rpcEndpoint.address, UInt16(40_000 + number % 20_000))
            hand(.accepted(stream, from: source), to: host)
            deliver(.opened, on: number, toDialler: true)
            return
        }
        guard let stream = link.accepted, states[host].life == link.acceptorLife,
            linkOfStream[host]?[stream] == number
        else { return }
        switch event {
        case .bytes(let bytes): hand(.received(stream, bytes), to: host)
        case .closed:
            linkOfStream[host]?[stream] = nil
            hand(.closed(stream), to: host)
        case .opened, .refused: break
        }
    }
}
