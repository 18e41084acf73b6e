import CatalogCore
import Determinism
import FederationModel
import RPCCore
import RaftCore
import RoutingCore
import SerfCore
import StorageFormat
import WireFormat

extension ServerCore {
    /// A frame of a Raft connection. One that cannot be read is dropped: Raft sends again.
    mutating func raftFrame(_ frame: [UInt8], at now: Instant) {
        guard replica != nil else { return }
        do throws(WireError) {
            let message = try RaftMessage(decoding: frame)
            replica?.node.handle(message, at: now)
        } catch {
            log(.warning, "raft message refused", ["error": error.description])
        }
    }

    /// Does what Raft owes, in the order its safety asks for: persist, send, apply, publish, answer.
    mutating func settle(at now: Instant) {
        guard replica != nil else { return }
        var finished: [(pending: UInt64, result: Result<Response, FederationError>)] = []
        while replica!.node.owesWork() {
            let ready = replica!.node.takeOwed()
            for message in ready.messages { send(message, at: now) }
            persist(ready)
            if let snapshot = ready.installSnapshot { install(snapshot, at: now) }
            for entry in ready.committed { apply(entry, at: now, into: &finished) }
            if let last = ready.committed.last { replica?.node.applied(through: last.index) }
            replica?.confirmedReads += ready.reads
            for id in ready.failedReads { retryRead(id, at: now) }
            if ready.wantsSnapshot { provideSnapshot(at: now) }
            for observation in ready.observations { observed(observation, at: now) }
        }
        if !replica!.held.isEmpty { for message in replica!.takeReleased() { send(message, at: now) } }
        if !Mutant.viewPublishedAfterAnswer.isOn { publishView() }
        for (pending, result) in finished { finish(pending, result, at: now) }
        if Mutant.viewPublishedAfterAnswer.isOn { publishView() }
        if replica!.isRestored {
            replica!.isRestored = false
            answerAfterRestore(at: now)
        }
        answerConfirmedReads(at: now)
        wakeWaiters(at: now)
        snapshotWhenDue(at: now)
        saveCommitIndexWhenDue(at: now)
        performSwitchboard(at: now)
    }

    /// The catalog may be ahead of the published view within one `settle`.
    /// - Parameter isRead: somebody is about to read it.
    mutating func publishView(toRead isRead: Bool = false) {
        guard replica != nil else { return }
        let generation = router.refusalGeneration()
        if replica!.refusalGeneration != generation {
            // Who asks for a forgotten datacenter is noted: none of its requests is refused without.
            let refusals = router.refusals.filter { !forgetting.isForgotten($0.key) }
            replica!.take(refusals, generation)
        }
        guard replica!.refreshView(toRead: isRead) else { return }
        out.append(.publish(replica!.view))
    }

    /// A small file of the data directory; the shell passes it to the next life in `ServerConfiguration.commitFile`.
    package static let commitFileName = "raft/commit"

    private mutating func saveCommitIndexWhenDue(at now: Instant) {
        guard replica != nil else { return }
        let committed = replica!.node.glance().durableCommitIndex
        guard replica!.commitMark.deadline(committed) <= now else { return }
        let identity = FileIdentity(
            clusterID: replica!.node.clusterID, datacenter: configuration.datacenter, nodeID: configuration.nodeID)
        guard let bytes = replica?.commitMark.due(committed, identity: identity, at: now) else { return }
        out.append(.saveFile(name: Self.commitFileName, bytes))
    }

    private mutating func send(_ message: RaftMessage, at now: Instant) {
        guard let endpoint = raftEndpoint(of: message.to) else { return }
        if case .voteRequest(let request) = message.body, !request.isPreVote {
            out.append(.observed(.voted(message.term, for: configuration.nodeID)))
        } else if case .voteAnswer(let answer) = message.body, answer.isGranted && !answer.isPreVote {
            out.append(.observed(.voted(message.term, for: message.to)))
        }
        switchboard.handle(
            .sendRaft(to: endpoint, message.encode()), at: now, into: &switchboardEffects)
    }

    /// The LAN pool knows where a server is now; the peer set where it was when it was added.
    private func raftEndpoint(of id: NodeID) -> Endpoint? {
        servers.endpoint(of: id) ?? replica?.node.membership[id]?.endpoint
    }

    private mutating func persist(_ ready: Ready) {
        if let batch = ready.batch { out.append(.persist(sequence: ready.sequence, batch)) }
        guard !ready.messagesAfterPersist.isEmpty else { return }
        replica?.held.append(Replica.HeldMessages(sequence: ready.sequence, messages: ready.messagesAfterPersist))
    }

    private mutating func apply(
        _ entry: LogEntry, at now: Instant,
        into finished: inout [(pending: UInt64, result: Result<Response, FederationError>)]
    ) {
        guard replica != nil else { return }
        let proposal = replica!.proposals.removeValue(forKey: entry.index)
        var result: Result<Response, FederationError> = .success(.empty)
        if entry.kind == .command {
            do throws(CommandError) {
                let command = try Self.command(of: entry, proposed: proposal)
                let applied = replica!.catalog.apply(command, at: entry.index.value)
                for lock in replica!.catalog.takeLockDelays() {
                    replica!.lockDelays.add(lock.key, for: lock.delay, at: now)
                }
                if case .restore = command { replica?.isRestored = true }
                if case .session(let request) = command { sessionApplied(request, applied, at: now) }
                result = Self.answer(applied, to: command)
            } catch {
                // An entry this build cannot read would make its catalog differ from the others': it must stop here.
                out.append(
                    .stop(
                        reason: "log entry \(entry.index) cannot be applied: \(error); "
                            + "run the version that wrote it", failed: true))
            }
        }
        replica!.appliedIndex = entry.index
        var digest = EventHash()
        digest.combine(entry.data)
        out.append(.observed(.applied(entry.index, entry.term, digestOfData: digest.value)))
        guard let proposal else { return }
        if proposal.term == entry.term {
            finished.append((pending: proposal.pending, result: result))
        } else {
            // Another leader's entry took the place: ours was never committed and can be tried again.
            finished.append(
                (pending: proposal.pending, result: .failure(.noLeader(datacenter: configuration.datacenter))))
        }
    }

    private static func command(
        of entry: LogEntry, proposed: Replica.Proposal?
    ) throws(CommandError) -> Command {
        guard let proposed, proposed.term == entry.term, let command = proposed.command else {
            return try Command(decoding: entry.data)
        }
        // The other servers read it from the log: what they make of it must be the same.
        assert((try? Command(decoding: entry.data)) == command, "an entry reads otherwise than it was proposed")
        return command
    }

    /// A set, delete or delete-tree answers false on the wire (`wire/consul-rpc.md` 3.1); the edge shows true.
    private static func answer(_ applied: ApplyResult, to command: Command) -> Result<Response, FederationError> {
        if let error = applied.error { return .failure(.remote(error)) }
        if let txn = applied.txn { return .success(.txn(txn)) }
        if let text = applied.text { return .success(.string(text)) }
        if let response = applied.response { return .success(.bool(response)) }
        if case .kvs = command { return .success(.bool(false)) }
        return .success(.empty)
    }

    private mutating func answerConfirmedReads(at now: Instant) {
        guard replica != nil, !replica!.confirmedReads.isEmpty else { return }
        let applied = replica!.appliedIndex
        let due = replica!.confirmedReads.filter { $0.index <= applied }
        guard !due.isEmpty else { return }
        replica!.confirmedReads.removeAll { $0.index <= applied }
        serveHere(due.map(\.id), at: now)
    }

    /// Thousands wait for one key: their answers leave in parts, so that the first ones are written while the next are
    /// made, and other work of the loop is held up by one part only, about 1 ms.
    private static let maxWokenCount = 256

    /// Answers the blocking queries whose data has moved. Cost: the touched keys and their waiters.
    private mutating func wakeWaiters(at now: Instant) {
        guard replica != nil else { return }
        if !replica!.catalog.isUntouched() {
            if replica!.waiters.isEmpty {
                replica!.catalog.forgetTouched()
            } else {
                replica!.woken.append(replica!.waiters.takeTouched(by: replica!.catalog.takeTouched()))
            }
        }
        guard !replica!.woken.isEmpty else { return }
        serveHere(replica!.woken.take(atMost: Self.maxWokenCount), at: now)
    }

    private mutating func observed(_ observation: RaftObservation, at now: Instant) {
        switch observation {
        case .leaderChanged(let leader, let term):
            out.append(.observed(.leaderChanged(leader, term)))
            log(
                .notice, "leader changed",
                ["raft.leader": leader.map { name(of: $0) } ?? "none", "raft.term": term.description])
            leaderChanged(to: leader, at: now)
        case .roleChanged(let role, let term):
            log(.info, "role changed", ["raft.role": role.rawValue, "raft.term": term.description])
            guard role == .leader else { return }
            metrics.add(.leadership)
            out.append(.observed(.becameLeader(term)))
        case .steppedDown(let reason, let term):
            log(.warning, "stepped down", ["raft.reason": "\(reason)", "raft.term": term.description])
        case .membershipChanged(let membership, _):
            log(
                .notice, "peer set changed",
                ["raft.servers": membership.servers.map { "\($0.name)(\($0.suffrage))" }.joined(separator: " ")])
        case .membershipCommitted: duties.membershipCommitted(at: now)
        case .removed: log(.warning, "removed from the peer set; this server takes no part any more")
        case .clusterAdopted(let id): announce(id, at: now)
        case .clusterMismatch(let from, let theirs):
            log(
                .error, "raft message of another cluster refused",
                [
                    "raft.peer": name(of: from), "raft.theirs": theirs.description,
                    "raft.ours": (replica?.node.clusterID ?? .none).description,
                ])
        case .refused(let from, let refusal):
            log(.error, "raft message refused", ["raft.peer": name(of: from), "raft.refusal": "\(refusal)"])
        case .transferStarted(let target): log(.info, "leadership is handed over", ["raft.peer": name(of: target)])
        case .transferFailed(let target):
            log(.warning, "leadership was not handed over", ["raft.peer": target.map { name(of: $0) } ?? "none"])
        case .logRegressed(let id):
            log(.error, "a follower lost what it had acknowledged", ["raft.peer": name(of: id)])
        }
    }

    /// The pools carry the cluster, so that nobody bootstraps another one beside it.
    private mutating func announce(_ cluster: ClusterID, at now: Instant) {
        out.append(.observed(.clusterKnown(cluster)))
        var tags = lan.local.tags
        tags["cid"] = cluster.tag
        lan.handle(.setTags(tags), at: now, into: &poolEffects)
        performPool(.lan, at: now)
        guard let wan else { return }
        tags = wan.local.tags
        tags["cid"] = cluster.tag
        self.wan?.handle(.setTags(tags), at: now, into: &poolEffects)
        performPool(.wan, at: now)
    }

    func name(of id: NodeID) -> String {
        replica?.node.membership[id]?.name ?? servers.name(of: id) ?? id.description
    }

    // MARK: Bootstrap

    mutating func bootstrapAlone(at now: Instant) {
        guard let replica, replica.node.lastIndex == .zero else { return }
        propose(bootstrap: Membership([selfAsVoter]), at: now)
    }

    private var selfAsVoter: RaftServer {
        RaftServer(
            id: configuration.nodeID, name: configuration.node, endpoint: configuration.rpcEndpoint, suffrage: .voter)
    }

    private mutating func propose(bootstrap membership: Membership, at now: Instant) {
        let cluster = ClusterID(UInt64.random(in: 1...UInt64.max, using: &random))
        replica?.node.bootstrap(membership, clusterID: cluster, at: now)
        log(
            .notice, "peer set bootstrapped",
            [
                "raft.servers": membership.servers.map(\.name).joined(separator: " "),
                "raft.cluster": cluster.description,
            ])
        announce(cluster, at: now)
    }

    /// Once as many servers as expected are seen with the same expectation and none has a cluster yet, the lowest node
    /// ID proposes the set; the others adopt it by its first append (decision 12).
    mutating func bootstrapWhenComplete(at now: Instant) {
        guard case .expect(let count) = configuration.bootstrap, let replica, replica.node.lastIndex == .zero,
            replica.node.clusterID == .none
        else { return }
        var candidates: [RaftServer] = []
        for member in lan.members where member.status == .alive {
            guard let tags = ServerTags(member: member), tags.datacenter == configuration.datacenter else { continue }
            guard tags.isthmusProtocol != nil, tags.clusterPrefix == nil, tags.expect == count,
                let id = NodeID(tags.id), let endpoint = tags.endpoint
            else { return }
            candidates.append(RaftServer(id: id, name: member.name, endpoint: endpoint, suffrage: .voter))
        }
        let set = Membership(candidates)
        guard set.servers.count == count, Set(set.servers.map(\.id)).count == count,
            set.servers.first?.id == configuration.nodeID
        else { return }
        propose(bootstrap: set, at: now)
    }

    // MARK: Snapshots

    /// A burst of writes does not wait for the interval beyond this many thresholds: entries are kept in memory.
    private static let maxThresholds = 4

    private mutating func snapshotWhenDue(at now: Instant) {
        guard replica != nil else { return }
        let count = replica!.appliedIndex - replica!.snapshotIndex
        let threshold = configuration.snapshotThreshold
        // Mostly the log is short, which is told first.
        guard count >= threshold, !replica!.isSavingSnapshot, !replica!.diskIsFull, replica!.installing == nil,
            replica!.nextSnapshotLook <= now || count / Self.maxThresholds >= threshold,
            let metadata = replica!.node.snapshotMetadata(at: replica!.appliedIndex)
        else { return }
        replica!.isSavingSnapshot = true
        replica!.nextSnapshotLook = now + configuration.snapshotInterval
        out.append(.saveSnapshot(metadata, replica!.catalog, keepingTrailing: configuration.trailingLogCount))
    }

    mutating func snapshotSaved(_ metadata: SnapshotMetadata, at now: Instant) {
        guard replica != nil else { return }
        replica!.snapshotIndex = max(metadata.index, replica!.snapshotIndex)
        // One of our own may still have been on its way to the disk when the leader's came.
        if let installing = replica!.installing, installing.metadata == metadata {
            return installed(installing.catalog, metadata, at: now)
        }
        replica!.isSavingSnapshot = false
        replica!.node.compact(metadata, keepingTrailing: configuration.trailingLogCount)
        log(.info, "snapshot saved", ["raft.index": metadata.index.description])
    }

    mutating func snapshotFailed(_ reason: String, at now: Instant) {
        replica?.isSavingSnapshot = false
        if replica?.installing != nil {
            replica?.installing = nil
            replica?.node.installFailed(at: now)
        }
        log(.error, "snapshot not saved; the log keeps growing until one is", ["error": reason])
    }

    /// A follower is further back than our log reaches.
    private mutating func provideSnapshot(at now: Instant) {
        guard let replica, let metadata = replica.node.snapshotMetadata(at: replica.appliedIndex) else { return }
        self.replica?.node.provideSnapshot(metadata, data: replica.catalog.snapshot(), at: now)
    }

    private mutating func install(_ snapshot: ReceivedSnapshot, at now: Instant) {
        do throws(WireError) {
            let catalog = try Catalog(snapshot: snapshot.data)
            replica?.installing = Replica.Installing(metadata: snapshot.metadata, catalog: catalog)
            out.append(.installSnapshot(snapshot.metadata, snapshot.data))
        } catch {
            replica?.node.installFailed(at: now)
            log(.error, "the leader's snapshot cannot be read", ["error": error.description])
        }
    }

    private mutating func installed(_ catalog: Catalog, _ metadata: SnapshotMetadata, at now: Instant) {
        replica?.installing = nil
        replica?.catalog = catalog
        // Its indexes are another history's to whoever compares versions.
        replica?.catalog.restoreIndex = metadata.index.value
        kept.forgetAll()
        replica?.appliedIndex = metadata.index
        replica?.node.installed(metadata, at: now)
        log(.notice, "snapshot of the leader installed", ["raft.index": metadata.index.description])
        // What was proposed here at these indexes: the snapshot does not say whether it is among what it holds.
        for pending in replica?.takeProposals(through: metadata.index) ?? [] {
            finish(pending, .failure(.outcomeUnknown(reason: "a snapshot took the log's place")), at: now)
        }
        publishView()
        answerEverybody(at: now)
    }

    // MARK: Disk

    mutating func diskFailed(_ failure: DiskFailure, at now: Instant) {
        switch failure {
        case .full:
            guard replica?.diskIsFull == false else { return }
            replica?.diskIsFull = true
            replica?.node.transferLeadership(to: nil, at: now)
            log(.error, "disk is full: writes are refused until space returns", [:])
        case .failed(let reason):
            // What a failed sync left on disk is unknown: going on could acknowledge what is not there.
            replica?.node.stepDown(.requested("disk failed"), at: now)
            out.append(.stop(reason: "disk failed: \(reason); replace the disk and start again", failed: true))
        }
    }

    mutating func diskRecovered(at now: Instant) {
        guard replica?.diskIsFull == true else { return }
        replica?.diskIsFull = false
        log(.notice, "disk has space again: writes are accepted", [:])
    }
}
