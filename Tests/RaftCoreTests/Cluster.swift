import Determinism
import FederationModel
import RaftCore
import Testing

/// A small world for Raft alone: a network that delays, loses and cuts, and disks that lose what they did not sync.
/// Everything follows from the seed.
struct Cluster {
    /// One server's disk. Writes become durable in order, after a delay.
    struct Disk {
        struct Write {
            let sequence: UInt64
            let batch: WriteBatch
            let doneAt: Instant
        }

        var durable = RaftRecovery()
        var snapshotData: [UInt8] = []
        var pending: [Write] = []
        /// Of the first batch that was never handed over in this life.
        var isStalled = false
        /// The node's `durableCommitIndex`, kept now and then.
        var commitHint = LogIndex.zero
    }

    struct Held {
        let sequence: UInt64
        let messages: [RaftMessage]
    }

    /// A server: the node, its disk and a state machine that remembers every command in order.
    struct Server {
        var node: RaftNode
        var isUp = true
        var disk = Disk()
        var held: [Held] = []
        var appliedIndex = LogIndex.zero
        var commands: [[UInt8]] = []
        var reads: [UInt64: LogIndex] = [:]
        var failedReads: [UInt64] = []
        var installing: (snapshot: ReceivedSnapshot, doneAt: Instant)?
        var observations: [RaftObservation] = []
        var wantedSnapshotCount = 0
        var installedCount = 0
    }

    enum Event {
        case message(RaftMessage)
        case disk(NodeID)
    }

    let seed: UInt64
    var configuration = RaftConfiguration.scaled(by: 1)
    var now = Instant(nanoseconds: 1_000_000_000)
    var random: SeededRandom
    var servers: [Server] = []
    var queue = DeadlineQueue<Event>()
    /// Of a message.
    var delay: Range<Duration> = .microseconds(200)..<(.milliseconds(2))
    var loss = 0.0
    /// Of a write.
    var diskDelay: Range<Duration> = .microseconds(100)..<(.milliseconds(1))
    /// Ordered pairs that do not hear each other.
    var cuts: Set<Pair> = []
    /// Every message ever sent, when it is to be looked at.
    var isRecording = false
    var sent: [RaftMessage] = []
    /// Entries known to be committed, by index from 1, and every leader seen by term.
    var committed: [LogEntry] = []
    var leaders: [UInt64: NodeID] = [:]
    /// What was committed anywhere when a read was asked for.
    var readFloors: [UInt64: Int] = [:]
    var snapshotThreshold: Int?
    var trailingCount = 0
    /// Passes every message through its encoding.
    var encodes = false

    struct Pair: Hashable {
        let from: NodeID
        let to: NodeID
    }

    static let clusterID = ClusterID(0xC1A5_7E12_0000_0001)

    init(seed: UInt64, count: Int) {
        self.seed = seed
        random = SeededRandom(seed: seed)
        for number in 1...max(count, 1) { addServer(number) }
    }

    static func id(_ number: Int) -> NodeID { NodeID(high: 0, low: UInt64(number)) }

    static func server(_ number: Int, _ suffrage: RaftServer.Suffrage = .voter) -> RaftServer {
        RaftServer(
            id: id(number), name: "s\(number)", endpoint: Endpoint(IPAddress(127, 0, 0, UInt8(number)), 8300),
            suffrage: suffrage)
    }

    /// Numbered from 1, as tests name them.
    subscript(number: Int) -> Server {
        get { servers[number - 1] }
        set { servers[number - 1] = newValue }
    }

    mutating func addServer(_ number: Int) {
        precondition(number == servers.count + 1)
        let node = RaftNode(
            id: Self.id(number), configuration: configuration, recovered: RaftRecovery(), now: now,
            random: random.split())
        servers.append(Server(node: node))
    }

    mutating func bootstrap(_ voters: ClosedRange<Int>, by number: Int = 1) {
        self[number].node.bootstrap(
            Membership(voters.map { Self.server($0) }), clusterID: Self.clusterID, at: now)
        settle(number)
    }

    // MARK: Time

    mutating func run(for duration: Duration) {
        let end = now + duration
        while step(until: end) {}
        now = end
    }

    /// Runs until a condition holds.
    /// - Returns: false when it does not within the time given.
    mutating func run(within duration: Duration = .seconds(10), until condition: (Cluster) -> Bool) -> Bool {
        let end = now + duration
        while true {
            if condition(self) { return true }
            if !step(until: end) {
                now = end
                return condition(self)
            }
        }
    }

    /// The next event or deadline. False when there is none by then.
    mutating func step(until end: Instant) -> Bool {
        var due = queue.nextDeadline
        var timer: Int?
        for (position, server) in servers.enumerated() where server.isUp && server.node.nextDeadline < due {
            due = server.node.nextDeadline
            timer = position
        }
        guard due <= end else { return false }
        now = max(now, due)
        if let timer {
            servers[timer].node.advance(to: now)
            settle(timer + 1)
        } else if let event = queue.popDue(at: now) {
            perform(event)
        }
        return true
    }

    private mutating func perform(_ event: Event) {
        switch event {
        case .message(let message):
            guard let number = number(of: message.to), self[number].isUp else { return }
            self[number].node.handle(message, at: now)
            settle(number)
        case .disk(let id):
            guard let number = number(of: id), self[number].isUp else { return }
            finishWrites(number)
            if let installing = self[number].installing, installing.doneAt <= now, !self[number].disk.isStalled {
                finishInstall(number)
            }
            settle(number)
        }
    }

    func number(of id: NodeID) -> Int? { servers.firstIndex { $0.node.id == id }.map { $0 + 1 } }

    // MARK: The host's duties

    /// Does what the node owes, in the order of `Ready`.
    mutating func settle(_ number: Int) {
        while let ready = self[number].node.takeReady() {
            self[number].observations += ready.observations
            if let batch = ready.batch {
                let last = self[number].disk.pending.last?.doneAt ?? now
                let done = max(last, now + random.duration(in: diskDelay))
                self[number].disk.pending.append(.init(sequence: ready.sequence, batch: batch, doneAt: done))
                queue.add(.disk(self[number].node.id), due: done)
            }
            for message in ready.messages { transmit(message) }
            if !ready.messagesAfterPersist.isEmpty {
                self[number].held.append(Held(sequence: ready.sequence, messages: ready.messagesAfterPersist))
            }
            apply(ready.committed, number)
            for read in ready.reads {
                self[number].reads[read.id] = read.index
                let floor = readFloors[read.id] ?? 0
                #expect(Int(read.index.value) >= floor, "seed \(seed): read \(read.id) misses a write")
            }
            self[number].failedReads += ready.failedReads
            if let snapshot = ready.installSnapshot {
                let last = self[number].disk.pending.last?.doneAt ?? now
                let done = max(last, now + random.duration(in: diskDelay))
                self[number].installing = (snapshot, done)
                queue.add(.disk(self[number].node.id), due: done)
            }
            if ready.wantsSnapshot { provideSnapshot(number) }
        }
        if random.chance(0.2) { self[number].disk.commitHint = self[number].node.durableCommitIndex }
        checkSafety(number)
    }

    private mutating func finishWrites(_ number: Int) {
        guard !self[number].disk.isStalled else { return }
        var finished: UInt64?
        while let write = self[number].disk.pending.first, write.doneAt <= now {
            self[number].disk.pending.removeFirst()
            self[number].disk.durable.perform(write.batch)
            finished = write.sequence
        }
        guard let finished else { return }
        self[number].node.persisted(through: finished, at: now)
        while let held = self[number].held.first, held.sequence <= finished {
            self[number].held.removeFirst()
            for message in held.messages { transmit(message) }
        }
    }

    private mutating func apply(_ entries: [LogEntry], _ number: Int) {
        guard let last = entries.last else { return }
        for entry in entries {
            #expect(entry.index == self[number].appliedIndex.next, "seed \(seed): applied out of order")
            self[number].appliedIndex = entry.index
            if entry.kind == .command { self[number].commands.append(entry.data) }
            remember(entry)
        }
        self[number].node.applied(through: last.index)
        guard let snapshotThreshold, let snapshot = self[number].node.snapshotMetadata(at: last.index) else { return }
        let before = self[number].node.snapshot?.index ?? .zero
        if last.index - before >= snapshotThreshold {
            self[number].disk.durable.snapshot = snapshot
            self[number].disk.snapshotData = encode(self[number].commands)
            self[number].node.compact(snapshot, keepingTrailing: trailingCount)
        }
    }

    private mutating func provideSnapshot(_ number: Int) {
        self[number].wantedSnapshotCount += 1
        guard let snapshot = self[number].disk.durable.snapshot else { return }
        self[number].node.provideSnapshot(snapshot, data: self[number].disk.snapshotData, at: now)
    }

    private mutating func finishInstall(_ number: Int) {
        guard let (received, _) = self[number].installing else { return }
        self[number].installing = nil
        self[number].installedCount += 1
        self[number].disk.durable.giveWay(to: received.metadata)
        self[number].disk.snapshotData = received.data
        self[number].commands = decode(received.data)
        self[number].appliedIndex = received.metadata.index
        self[number].node.installed(received.metadata, at: now)
    }

    /// Commands as a snapshot: 2 bytes of length before each.
    func encode(_ commands: [[UInt8]]) -> [UInt8] {
        commands.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 0xFF)] + $0 }
    }

    func decode(_ bytes: [UInt8]) -> [[UInt8]] {
        var commands: [[UInt8]] = []
        var position = 0
        while position < bytes.count {
            let count = Int(bytes[position]) << 8 | Int(bytes[position + 1])
            commands.append(Array(bytes[(position + 2)..<(position + 2 + count)]))
            position += 2 + count
        }
        return commands
    }

    // MARK: Network

    mutating func transmit(_ message: RaftMessage) {
        if isRecording { sent.append(message) }
        guard !cuts.contains(Pair(from: message.from, to: message.to)), !random.chance(loss) else { return }
        var message = message
        if encodes {
            do { message = try RaftMessage(decoding: message.encode()) } catch {
                Issue.record("seed \(seed): \(error) in \(message)")
            }
        }
        queue.add(.message(message), due: now + random.duration(in: delay))
    }

    /// Nobody in one group hears anybody outside of it.
    mutating func partition(_ groups: [[Int]]) {
        cuts = []
        for group in groups {
            for from in group {
                for to in 1...servers.count where !group.contains(to) {
                    cuts.insert(Pair(from: Self.id(from), to: Self.id(to)))
                    cuts.insert(Pair(from: Self.id(to), to: Self.id(from)))
                }
            }
        }
    }

    mutating func isolate(_ number: Int) {
        partition([[number], Array(1...servers.count).filter { $0 != number }])
    }

    mutating func heal() { cuts = [] }

    // MARK: Crashes

    /// Stops a server; what its disk did not sync is gone.
    mutating func crash(_ number: Int) {
        self[number].isUp = false
        // A torn batch: any prefix of what was on its way may have reached the disk.
        let survivors = Int.random(in: 0...self[number].disk.pending.count, using: &random)
        for write in self[number].disk.pending.prefix(survivors) { self[number].disk.durable.perform(write.batch) }
        self[number].disk.pending = []
        self[number].disk.isStalled = false
        self[number].held = []
        self[number].installing = nil
    }

    mutating func restart(_ number: Int) {
        precondition(!self[number].isUp)
        if let snapshot = self[number].disk.durable.snapshot { self[number].disk.durable.giveWay(to: snapshot) }
        var recovered = self[number].disk.durable
        if random.chance(0.5) { recovered.commitIndex = self[number].disk.commitHint }
        self[number].node = RaftNode(
            id: Self.id(number), configuration: configuration, recovered: recovered, now: now,
            random: random.split())
        self[number].isUp = true
        self[number].appliedIndex = recovered.snapshot?.index ?? .zero
        self[number].commands = recovered.snapshot == nil ? [] : decode(self[number].disk.snapshotData)
        settle(number)
    }

    // MARK: Asking

    /// The leader of the newest term among those that are up.
    var leader: Int? {
        let leaders = (1...servers.count).filter { self[$0].isUp && self[$0].node.isLeader }
        return leaders.max { self[$0].node.term < self[$1].node.term }
    }

    mutating func electLeader() throws -> Int {
        let isElected = run { cluster in
            guard let leader = cluster.leader else { return false }
            return cluster[leader].node.isReadyForReads
        }
        try #require(isElected, "seed \(seed): no leader")
        return try #require(leader)
    }

    /// Proposes at a server.
    mutating func propose(_ text: String, at number: Int) throws -> LogIndex {
        let index = try self[number].node.propose([Array(text.utf8)], at: now)
        settle(number)
        return index
    }

    /// Asks for a ReadIndex.
    mutating func read(_ id: UInt64, at number: Int) {
        readFloors[id] = committed.count
        self[number].node.requestRead(id, at: now)
        settle(number)
    }

    mutating func write(_ texts: [String]) throws {
        for text in texts {
            let leader = try #require(leader)
            let index = try propose(text, at: leader)
            let isCommitted = run { $0[leader].appliedIndex >= index }
            try #require(isCommitted, "seed \(seed): \(text) is not committed")
        }
    }

    /// One line per server, for failure reports.
    var summary: String {
        servers.map { server in
            let node = server.node
            let peers = servers.map { node.matchIndex(of: $0.node.id)?.description ?? "-" }.joined(separator: " ")
            return "\(node.id.low) \(node.role) term \(node.term) base \(node.log.baseIndex) last \(node.lastIndex) "
                + "commit \(node.commitIndex) applied \(server.appliedIndex) match [\(peers)] "
                + "writes \(server.disk.pending.count) wanted \(server.wantedSnapshotCount) "
                + "installed \(server.installedCount) \(server.installing == nil ? "" : "installing") "
                + "snapshot \(node.snapshot?.index ?? .zero) \(server.observations.suffix(3))"
        }.joined(separator: "\n")
    }

    func texts(_ number: Int) -> [String] { self[number].commands.map { String(decoding: $0, as: UTF8.self) } }

    mutating func converge(within duration: Duration = .seconds(10)) -> Bool {
        run(within: duration) { cluster in
            guard let leader = cluster.leader else { return false }
            let end = cluster[leader].node.lastIndex
            return cluster.servers.allSatisfy { !$0.isUp || $0.appliedIndex == end }
        }
    }
}

extension RaftRecovery {
    /// What a disk does with one batch.
    mutating func perform(_ batch: WriteBatch) {
        if let hardState = batch.hardState { self.hardState = hardState }
        if let start = batch.truncateFrom { entries.removeAll { $0.index >= start } }
        if let last = entries.last, let first = batch.entries.first {
            precondition(first.index == last.index.next, "a gap on disk: \(first.index) after \(last.index)")
        }
        entries += batch.entries
    }

    /// The log makes place for a snapshot unless it holds the snapshot's last entry.
    mutating func giveWay(to metadata: SnapshotMetadata) {
        snapshot = metadata
        if let first = entries.first, first.index == metadata.index.next { return }
        if !entries.contains(where: { $0.index == metadata.index && $0.term == metadata.term }) { entries = [] }
    }
}
