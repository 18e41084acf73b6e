import Determinism
import FederationModel

/// What a leader knows about one other server.
struct Progress: Sendable {
    enum State: Equatable, Sendable {
        /// Looking for the place where the logs agree: one AppendEntries at a time.
        case probing(isWaiting: Bool)
        /// Sending ahead of the answers.
        case replicating
        /// Behind the log's base.
        case snapshot(SnapshotTransfer)
    }

    struct SnapshotTransfer: Equatable, Sendable {
        /// Zero until a snapshot is at hand.
        var index = LogIndex.zero
        /// False when the first, or a lost, chunk is owed.
        var isStarted = false
        var sentOffset = 0
        var acknowledgedOffset = 0
        /// When the last answer moved it, or it was sent again.
        var lastProgress: Instant
    }

    let id: NodeID
    var isVoter: Bool
    /// Set when its removal is appended: it gets the log up to that entry and no voice.
    var removalIndex: LogIndex?
    var match = LogIndex.zero
    var next: LogIndex
    var state = State.probing(isWaiting: false)
    var inflight = InflightWindow()
    /// How long the last answered window took from its first AppendEntries to its last answer; nil before one was.
    var answerTime: Duration?
    /// When the window that is open now was opened.
    private var windowOpened = Instant.zero
    /// When `match` last moved, or the window opened: answers that are lost must not stop it for ever.
    var lastProgress: Instant
    /// The newest round it answered.
    var answeredRound: UInt64 = 0
    /// Nil before it answered this leader.
    var lastAnswer: Instant?
    /// False after an election timeout of silence: only heartbeats are spent on it then.
    var isActive = true
    /// The newest commit index told to it.
    var toldCommit = LogIndex.zero

    init(id: NodeID, isVoter: Bool, next: LogIndex, at now: Instant) {
        self.id = id
        lastProgress = now
        self.isVoter = isVoter
        self.next = next
    }

    /// AppendEntries left, with the next entries and the commit index.
    mutating func sent(count: Int, bytes: Int, commit: LogIndex, at now: Instant) {
        if inflight.count == 0 {
            lastProgress = now
            windowOpened = now
        }
        next = next + count
        toldCommit = max(toldCommit, min(commit, next - 1))
        inflight.add(last: next - 1, bytes: bytes)
    }

    /// Its log is on disk and equal to the leader's through `index`.
    mutating func accept(through index: LogIndex, logBase: LogIndex, at now: Instant) {
        if index > match { lastProgress = now }
        match = max(match, index)
        next = max(next, match.next)
        let wasOpen = inflight.count > 0
        inflight.acknowledge(through: match)
        if wasOpen && inflight.count == 0 { answerTime = now - windowOpened }
        switch state {
        case .probing:
            next = match.next
            state = .replicating
        case .snapshot(let transfer) where transfer.index <= match && logBase <= match:
            probe(from: match.next)
            state = .replicating
        case .replicating, .snapshot: break
        }
    }

    /// Whether a refusal of the entry after `previous` is news: not answered before, and about the latest probe.
    func isNews(rejectedAt previous: LogIndex) -> Bool {
        guard previous > match else { return false }
        switch state {
        case .probing: return previous == next - 1
        case .replicating: return true
        case .snapshot: return false
        }
    }

    mutating func probe(from index: LogIndex) {
        next = max(match.next, index)
        state = .probing(isWaiting: false)
        inflight.removeAll()
    }
}

/// AppendEntries sent and not answered, oldest first.
struct InflightWindow: Sendable {
    private var sent: [(last: LogIndex, bytes: Int)] = []
    private var first = 0
    private(set) var bytes = 0

    var count: Int { sent.count - first }

    mutating func add(last: LogIndex, bytes: Int) {
        sent.append((last, bytes))
        self.bytes += bytes
    }

    mutating func acknowledge(through index: LogIndex) {
        while first < sent.count, sent[first].last <= index {
            bytes -= sent[first].bytes
            first += 1
        }
        if first == sent.count {
            sent.removeAll(keepingCapacity: true)
            first = 0
        } else if first >= 128 {
            sent.removeSubrange(..<first)
            first = 0
        }
    }

    mutating func removeAll() {
        sent.removeAll(keepingCapacity: true)
        first = 0
        bytes = 0
    }
}
