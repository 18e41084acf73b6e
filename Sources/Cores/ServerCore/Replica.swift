import CatalogCore
import Determinism
import FederationModel
import RaftCore
import RoutingCore
import StorageFormat

/// A server's copy of its datacenter: the Raft node, the catalog it drives and the view published from both.
struct Replica: Sendable {
    /// What may leave once a write is on disk.
    struct HeldMessages: Sendable {
        let sequence: UInt64
        let messages: [RaftMessage]
    }

    struct Installing: Sendable {
        let metadata: SnapshotMetadata
        let catalog: Catalog
    }

    var node: RaftNode
    var catalog: Catalog
    var appliedIndex: LogIndex
    var view: ReadView
    /// What was last published, to publish only what moved; nil before the first time.
    private var published: Moment?
    /// Catalogs in a row that were published and not read by anybody.
    private var unreadCount = 0
    /// After so many the view hides its catalog until somebody asks. What a view shows cannot be changed in place: each
    /// batch of writes copies the paths it touches, a third of what applying it costs. Who reads next asks the control
    /// loop, once; at 1,000 batches a second the view stays for readers that come 20 times a second.
    private static let maxUnreadCount = 64

    /// What a reader can see moving. The catalog moves with the applied index.
    private struct Moment: Equatable {
        let appliedIndex: LogIndex
        let term: Term
        let isLeader: Bool
        let leaderKnown: Bool
        let leaseEnd: Instant
        let lastContact: Instant?
        let refusalGeneration: Int
    }
    /// In order of their writes.
    var held: [HeldMessages] = []
    var persistedSequence: UInt64 = 0
    /// One of this server's own; the term tells whether the entry that was applied is the one proposed.
    struct Proposal: Sendable {
        let term: Term
        let pending: UInt64
        /// What the entry says, where reading it again costs more than keeping it for a moment.
        var command: Command?
    }

    /// By index.
    var proposals: [LogIndex: Proposal] = [:]
    /// Confirmed reads that wait for their index to be applied.
    var confirmedReads: [ConfirmedRead] = []
    var waiters = WatchTable<UInt64>()
    /// Who waited for what has moved, and is to be answered.
    var woken = WokenLine<UInt64>()
    var lockDelays = LockDelays()
    /// The state was replaced by a snapshot of a person's: whoever waits is answered.
    var isRestored = false
    /// Index of the newest snapshot on disk, or being written.
    var snapshotIndex: LogIndex
    var isSavingSnapshot = false
    /// When the snapshot threshold is looked at next.
    var nextSnapshotLook: Instant
    /// A snapshot of the leader on its way to the disk.
    var installing: Installing?
    /// Since the start this copy has held everything that a leader said to be committed. Before, it must not deny that
    /// something exists, and says that it knows no leader.
    private var hasCaughtUp = false
    /// Writes are refused while the disk is full.
    var diskIsFull = false
    var commitMark: CommitMark
    /// Of the refusals in the view.
    private(set) var refusalGeneration = 0
    let id: NodeID

    init(
        _ configuration: ServerConfiguration, recovery: RaftRecovery, snapshot: Catalog?, at now: Instant,
        random: SeededRandom
    ) {
        id = configuration.nodeID
        let identity = FileIdentity(
            clusterID: recovery.snapshot?.clusterID ?? Self.clusterID(in: recovery.entries),
            datacenter: configuration.datacenter, nodeID: configuration.nodeID)
        commitMark = CommitMark(
            file: configuration.commitFile, identity: identity,
            lastIndex: recovery.entries.last?.index ?? recovery.snapshot?.index ?? .zero)
        var recovery = recovery
        recovery.commitIndex = max(recovery.commitIndex, commitMark.saved)
        node = RaftNode(
            id: configuration.nodeID, configuration: configuration.raft, recovered: recovery, now: now, random: random)
        catalog = snapshot ?? Catalog()
        appliedIndex = recovery.snapshot?.index ?? .zero
        snapshotIndex = appliedIndex
        nextSnapshotLook = now + configuration.snapshotInterval
        view = ReadView(
            datacenter: configuration.datacenter, isServer: true, patterns: configuration.patterns)
    }

    /// The cluster that a log was bootstrapped with; `none` when it begins later or is empty.
    static func clusterID(in entries: [LogEntry]) -> ClusterID {
        guard let first = entries.first, first.kind == .identity, first.data.count == 8 else { return .none }
        return ClusterID(first.data.reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// The disk holds every write up to `sequence`.
    mutating func persisted(through sequence: UInt64, at now: Instant) {
        persistedSequence = max(persistedSequence, sequence)
        node.persisted(through: sequence, at: now)
    }

    mutating func findDeadline() -> Instant {
        guard woken.isEmpty else { return .zero }
        let glance = node.glance()
        return min(glance.nextDeadline, commitMark.deadline(glance.durableCommitIndex))
    }

    /// Messages whose write has reached the disk.
    mutating func takeReleased() -> [RaftMessage] {
        var count = 0
        while count < held.count && held[count].sequence <= persistedSequence { count += 1 }
        guard count > 0 else { return [] }
        defer { held.removeFirst(count) }
        return held[..<count].flatMap(\.messages)
    }

    /// Proposals of these indexes, in their order.
    mutating func takeProposals(through index: LogIndex) -> [UInt64] {
        let taken = proposals.keys.filter { $0 <= index }.sorted()
        return taken.compactMap { proposals.removeValue(forKey: $0)?.pending }
    }

    mutating func take(_ refusals: [String: StandingRefusal], _ generation: Int) {
        view.refusals = refusals
        refusalGeneration = generation
    }

    /// Brings the view up to date.
    /// - Parameter isRead: somebody is about to read it.
    /// - Returns: whether anything a reader can see has changed.
    mutating func refreshView(toRead isRead: Bool) -> Bool {
        let isShown = isRead && !view.showsCatalog
        let glance = node.glance()
        if !hasCaughtUp, glance.knowsLeader, appliedIndex > .zero, appliedIndex >= glance.heardCommit {
            hasCaughtUp = !glance.isLeader || glance.isReadyForReads
        }
        let moment = Moment(
            appliedIndex: appliedIndex, term: glance.term, isLeader: glance.isLeader,
            leaderKnown: glance.knowsLeader && hasCaughtUp,
            leaseEnd: glance.isLeader && glance.isReadyForReads ? glance.leaseEnd : .zero,
            lastContact: hasCaughtUp ? glance.lastContact : nil, refusalGeneration: refusalGeneration)
        guard moment != published || isShown else { return false }
        if isShown || published?.appliedIndex != moment.appliedIndex {
            unreadCount = isRead || view.wasRead ? 0 : unreadCount + 1
            view.show(unreadCount < Self.maxUnreadCount ? catalog : nil)
        }
        published = moment
        view.appliedIndex = moment.appliedIndex
        view.term = moment.term
        view.isLeader = moment.isLeader
        view.leaderKnown = moment.leaderKnown
        view.leaseEnd = moment.leaseEnd
        view.lastContact = moment.lastContact
        return true
    }
}
