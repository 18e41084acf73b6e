package import CatalogCore
package import Determinism
import FederationModel
import HealthCore
import RPCCore
package import RaftCore
import RoutingCore
import SerfCore

/// One agent: all cores wired together; the unit that the agent process and the simulator both run. Pure: sockets,
/// disks, probes and clocks are effects and inputs.
///
/// The shell hands in a batch with `handle`, then calls `advance`, which performs what the batch owes: Raft's work is
/// collected there, so that writes arriving together are persisted and sent together.
package struct ServerCore: Sendable {
    package let configuration: ServerConfiguration
    var random: SeededRandom

    var lan: SerfPool
    var wan: SerfPool?
    var switchboard: Switchboard
    var router: Router
    var scheduler: CheckScheduler
    var local: LocalState
    var savePace = SavePace()
    /// Nil on client agents.
    var replica: Replica?
    var requests = RequestTable()
    var kept = KeptAnswers()
    var joiner = Joiner()
    var leaving: Leaving?
    var serviceWaits = ServiceWaits()
    var servers = ServerList()
    var lanServers = LANServers()
    var duties = LeaderDuties()
    var pings = Pings()
    var texts = PongTexts()
    var keyrings = KeyringBook()
    var metrics = Instruments()
    var identities: IdentityPool
    var sessionTimers = SessionTimers()
    var failovers = FailoverTable()
    var forwards = ForwardTable()
    var events = EventBook()
    var federationWaits = FederationWaits()
    var announcer = VerdictAnnouncer()
    var forgetting = TombstoneBook()
    var known: KnownDatacenters
    /// When this server started, or outlived its datacenter's tombstone, in milliseconds on the calendar.
    var incarnation: UInt64 = 0
    /// What each own task under way wrote.
    var ownPayloads: [OwnTask: OwnPayload] = [:]

    var poolEffects: [PoolEffect] = []
    var switchboardEffects: [SwitchboardEffect] = []
    var routerEffects: [RouterEffect] = []
    var schedulerEffects: [CheckScheduler.Effect] = []
    var out: [Effect] = []

    /// - Parameters:
    ///   - recovery: what the disk held; ignored on client agents.
    ///   - snapshot: the catalog of `recovery.snapshot`, already decoded.
    ///   - localState: the file of this agent's own registrations, empty when there is none.
    ///   - identities: bytes of the operating system's generator, `IdentityPool.capacity` of them are enough.
    package init(
        _ configuration: ServerConfiguration, recovery: RaftRecovery, snapshot: Catalog?, localState: [UInt8],
        identities: [UInt8] = [], at now: Instant, random: SeededRandom
    ) {
        var random = random
        self.configuration = configuration
        self.identities = IdentityPool(identities)
        let clusterID = recovery.snapshot?.clusterID ?? Replica.clusterID(in: recovery.entries)
        lan = SerfPool(
            Self.lanConfiguration(configuration, clusterID: clusterID), now: now, random: random.split())
        wan = configuration.wanEndpoint.map { endpoint in
            SerfPool(
                Self.wanConfiguration(configuration, endpoint: endpoint, clusterID: clusterID), now: now,
                random: random.split())
        }
        known = KnownDatacenters(
            file: configuration.datacentersFile, members: wan?.lastMembers ?? [], own: configuration.datacenter,
            lifetime: configuration.reconnectTimeoutWAN, at: now)
        var limits = RPCLimits()
        limits.openerTimeout = configuration.handshakeTimeout
        limits.maxConnectionsPerAddress = configuration.maxConnectionsPerAddress
        switchboard = Switchboard(limits: limits, random: random.split())
        var routing = configuration.routing
        routing.datacenter = configuration.datacenter
        routing.node = configuration.node
        routing.calendarOrigin = configuration.calendarOrigin
        router = Router(routing, random: random.split())
        scheduler = CheckScheduler(node: configuration.node, random: random.split())
        local = LocalState(node: configuration.node, at: now)
        if configuration.isServer {
            replica = Replica(
                configuration, recovery: recovery, snapshot: snapshot, at: now, random: random.split())
        }
        self.random = random
        saveFirstKeyrings()
        joiner.start(configuration, at: now)
        startLocalState(saved: localState, at: now)
        if configuration.isServer && configuration.bootstrap == .alone { bootstrapAlone(at: now) }
        servers.refresh(from: lan.members, datacenter: configuration.datacenter, using: &self.random)
        incarnation = router.stamp(now)
        startForgetting(at: now)
    }

    /// How many bytes of the operating system's generator `init` is given.
    package static let identityByteCount = IdentityPool.capacity

    /// The one timer the shell needs. As of the last `advance`; before the first one it is due.
    package private(set) var nextDeadline = Instant.zero

    /// Asked in place: a copy of an optional part costs more than what it is asked for, and a computed property of the
    /// agent itself would be asked of a copy of all of it.
    private mutating func findDeadline() {
        var next = min(lan.nextDeadline, switchboard.findDeadline(), router.nextDeadline, scheduler.nextDeadline)
        next = min(next, wan?.nextDeadline ?? .distantFuture, replica?.findDeadline() ?? .distantFuture)
        next = min(next, requests.nextDeadline, joiner.nextDeadline, local.nextDeadline)
        next = min(next, sessionTimers.nextDeadline, failovers.nextDeadline, events.nextDeadline)
        next = min(next, serviceWaits.nextDeadline, federationWaits.nextDeadline, announcer.nextDeadline)
        next = min(next, forgetting.nextDeadline(calendarOrigin: configuration.calendarOrigin), forwards.nextDeadline)
        next = min(next, savePace.nextDeadline)
        nextDeadline = min(next, duties.nextDeadline, leaving?.nextDeadline ?? .distantFuture, servers.nextRebalance)
    }

    package mutating func handle(_ input: Input, at now: Instant, into effects: inout [Effect]) {
        switch input {
        case .datagram(let channel, let from, let bytes): pool(channel, .datagram(from: from, bytes), at: now)
        case .accepted(let stream, let from): accepted(stream, from: from, at: now)
        case .connected(let stream): connected(stream, at: now)
        case .connectFailed(let stream, let reason): connectFailed(stream, reason: reason, at: now)
        case .received(let stream, let bytes): received(stream, bytes, at: now)
        case .closed(let stream): closed(stream, at: now)
        case .persisted(let sequence): replica?.persisted(through: sequence, at: now)
        case .persistFailed(let failure): diskFailed(failure, at: now)
        case .diskRecovered: diskRecovered(at: now)
        case .snapshotSaved(let metadata): snapshotSaved(metadata, at: now)
        case .snapshotFailed(let reason): snapshotFailed(reason, at: now)
        case .request(let id, let request, let timeout, let explains):
            let notes = CallNotes(explains: explains)
            begin(request, from: .frontEnd(id), timeout: timeout, notes: notes, at: now)
        case .agentRequest(let id, let request): answer(request, id: id, at: now)
        case .cancelled(let id):
            events.cancel(id)
            cancel(.frontEnd(id), at: now)
            serviceWaits.remove(id)
            federationWaits.remove(id)
        case .probed(let probe, let result):
            scheduler.probed(probe, result, at: now, into: &schedulerEffects)
            performScheduler(at: now)
        case .resolved(let id, let endpoints): resolved(id, endpoints, at: now)
        case .identities(let bytes): identities.fill(bytes)
        case .shutdown(let leave): shutdown(leave: leave, at: now)
        }
        performSwitchboard(at: now)
        emit(into: &effects)
    }

    /// Does what is due at `now` and what the inputs since the last call owe.
    ///
    /// Called for every batch of inputs: what is not due costs a comparison. An optional part is advanced where it
    /// stands; to unwrap it would be to copy it.
    package mutating func advance(to now: Instant, into effects: inout [Effect]) {
        lan.advance(to: now, into: &poolEffects)
        performPool(.lan, at: now)
        wan?.advance(to: now, into: &poolEffects)
        performPool(.wan, at: now)
        router.advance(to: now, into: &routerEffects)
        performRouter(at: now)
        scheduler.advance(to: now, into: &schedulerEffects)
        performScheduler(at: now)
        joinAgain(at: now)
        answerServiceWaits(at: now)
        synchronise(at: now)
        lead(at: now)
        advanceFailovers(at: now)
        advanceForwards(at: now)
        answerEventWaiters(at: now)
        advanceFederation(at: now)
        advanceForgetting(at: now)
        advanceLeaving(at: now)
        if savePace.nextDeadline <= now { saveRegistrations(at: now) }
        if servers.nextRebalance <= now {
            servers.rebalance(at: now, using: &random)
        }
        replica?.node.advance(to: now)
        settle(at: now)
        // First: it knows whether a call that ends now was sent.
        switchboard.advance(to: now, into: &switchboardEffects)
        // Answers that the first one gave may have brought the next requests of their streams.
        if !switchboardEffects.isEmpty || requests.nextDeadline <= now || replica?.node.owesWork() == true {
            performSwitchboard(at: now)
            expire(at: now)
            settle(at: now)
        }
        if replica != nil, let count = identities.shortage() { out.append(.drawIdentities(byteCount: count)) }
        findDeadline()
        emit(into: &effects)
    }

    private mutating func emit(into effects: inout [Effect]) {
        guard !out.isEmpty else { return }
        guard !effects.isEmpty else { return swap(&effects, &out) }
        effects.append(contentsOf: out)
        out.removeAll(keepingCapacity: true)
    }

    mutating func log(_ level: LogLine.Level, _ message: String, _ values: KeyValuePairs<String, String> = [:]) {
        out.append(.log(LogLine(level, message, values)))
    }
}

// MARK: - Streams and datagrams to their owners

extension ServerCore {
    private mutating func pool(_ channel: Channel, _ input: PoolInput, at now: Instant) {
        switch channel {
        case .lan: lan.handle(input, at: now, into: &poolEffects)
        case .wan:
            if case .datagram(let source, _) = input { heard(from: source, at: now) }
            wan?.handle(input, at: now, into: &poolEffects)
        case .rpc: return
        }
        performPool(channel, at: now)
    }

    private mutating func accepted(_ stream: StreamID, from: Endpoint, at now: Instant) {
        guard stream.channel == .rpc else { return pool(stream.channel, .accepted(stream, from: from), at: now) }
        switchboard.handle(.accepted(stream, from: from), at: now, into: &switchboardEffects)
    }

    private mutating func connected(_ stream: StreamID, at now: Instant) {
        guard stream.channel == .rpc else { return pool(stream.channel, .connected(stream), at: now) }
        switchboard.handle(.connected(stream), at: now, into: &switchboardEffects)
    }

    private mutating func connectFailed(_ stream: StreamID, reason: String, at now: Instant) {
        guard stream.channel == .rpc else { return pool(stream.channel, .connectFailed(stream, reason), at: now) }
        switchboard.handle(.connectFailed(stream, reason), at: now, into: &switchboardEffects)
    }

    private mutating func received(_ stream: StreamID, _ bytes: [UInt8], at now: Instant) {
        guard stream.channel == .rpc else { return pool(stream.channel, .received(stream, bytes), at: now) }
        switchboard.handle(.received(stream, bytes), at: now, into: &switchboardEffects)
    }

    private mutating func closed(_ stream: StreamID, at now: Instant) {
        guard stream.channel == .rpc else { return pool(stream.channel, .closed(stream), at: now) }
        switchboard.handle(.closed(stream), at: now, into: &switchboardEffects)
    }

    /// Performs what the switchboard wants, also when that feeds it again.
    mutating func performSwitchboard(at now: Instant) {
        while !switchboardEffects.isEmpty {
            var batch: [SwitchboardEffect] = []
            swap(&batch, &switchboardEffects)
            batch.reverseByMoving()
            while let effect = batch.popLast() {
                switch effect {
                case .connect(let stream, let endpoint, let timeout):
                    out.append(.connect(stream, to: endpoint, timeout: timeout))
                case .write(let stream, let bytes): out.append(.write(stream, bytes))
                case .close(let stream): out.append(.close(stream))
                case .inbound(let id, let method, let body, let limit, let notes, let from):
                    inbound(id, method: method, body: body, timeLimit: limit, notes: notes, from: from, at: now)
                case .noted(let call, let details): noted(call, details)
                case .abandoned(let id): cancel(.inbound(id), at: now)
                case .completed(let call, let result): completed(call, result, at: now)
                case .raft(let frame, _): raftFrame(frame, at: now)
                case .log(let line): out.append(.log(line))
                }
            }
            batch.removeAll(keepingCapacity: true)
            if switchboardEffects.isEmpty { swap(&batch, &switchboardEffects) }
        }
    }
}
