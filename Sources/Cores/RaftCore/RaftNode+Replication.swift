package import Determinism
package import FederationModel
import WireFormat

// Raft §5.3 and §5.4.2; thesis §10.2.1 (the leader writes its disk and its followers in parallel), §10.2.2
// (batching and pipelining).
extension RaftNode {
    /// Appends commands; they leave with the next `takeReady`, batched with their neighbours.
    /// - Returns: the index of the first.
    package mutating func propose(_ commands: [[UInt8]], at instant: Instant) throws(ProposeError) -> LogIndex {
        observe(instant)
        let bytes = commands.reduce(0) { $0 + $1.count }
        try checkProposal(bytes: bytes)
        let first = log.lastIndex.next
        for command in commands {
            append(LogEntry(term: term, index: log.lastIndex.next, kind: .command, data: command))
        }
        return first
    }

    func checkProposal(bytes: Int) throws(ProposeError) {
        guard leadership != nil else { throw .notLeader(hint: leader) }
        if leadership?.transfer != nil { throw .transferring }
        let waiting = leadership?.uncommittedBytes ?? 0
        if waiting > configuration.maxUncommittedBytes - bytes { throw .overloaded }
    }

    /// Puts an entry of our own making, or one that was checked, at the end of the log.
    mutating func append(_ entry: LogEntry) {
        let membership = entry.heldMembership
        log.append(entry, membership: membership)
        leadership?.uncommittedBytes += entry.data.count
        if let membership {
            membershipChanged()
            refreshPeers()
            note(.membershipChanged(membership, entry.index))
        }
        needsReplication = true
    }

    // MARK: Leader

    /// Sends what the windows allow. Cheap when nothing changed.
    mutating func replicate() {
        startReadRoundIfOwed()
        guard needsReplication, leadership != nil else { return }
        needsReplication = false
        for position in leadership?.peers.indices ?? 0..<0 {
            while sendAppend(toPeerAt: position) {}
            sendCommitNotice(toPeerAt: position)
        }
    }

    /// - Returns: whether something was sent and more may follow.
    private mutating func sendAppend(toPeerAt position: Int) -> Bool {
        // The window is changed in place: a copy of the peer would copy it.
        guard let peer = leadership?.peers[position], peer.isActive else { return false }
        let end = min(log.lastIndex, peer.removalIndex ?? log.lastIndex)
        let isProbe: Bool
        switch peer.state {
        case .probing(let isWaiting):
            if isWaiting { return false }
            isProbe = true
        case .replicating:
            let isFull =
                peer.inflight.count >= configuration.maxInflightAppends
                || peer.inflight.bytes >= configuration.maxInflightBytes
            if peer.next > end || isFull || gathers(for: peer, through: end) { return false }
            isProbe = false
        case .snapshot:
            return sendSnapshotChunk(toPeerAt: position)
        }
        let (id, first) = (peer.id, peer.next)
        let previous = first - 1
        guard let previousTerm = log.term(at: previous) else {
            beginSnapshot(forPeerAt: position)
            return true
        }
        let entries = log.entries(
            from: first, through: end, maxCount: configuration.maxAppendEntries,
            maxBytes: configuration.maxAppendBytes)
        let append = AppendEntries(
            previousIndex: previous, previousTerm: previousTerm, commitIndex: commitIndex,
            round: leadership?.rounds.latest ?? 0, entries: Array(entries))
        if isProbe {
            leadership?.peers[position].state = .probing(isWaiting: true)
        } else {
            let bytes = entries.reduce(0) { $0 + $1.data.count }
            leadership?.peers[position].sent(count: entries.count, bytes: bytes, commit: commitIndex, at: now)
        }
        send(.append(append), to: id)
        return true
    }

    /// Few entries wait for the answer to those before them, when that comes soon: the follower writes its disk one
    /// time for all, and each message is a turn of both servers. A batch of some 3 entries costs as much as one of 6.
    func gathers(for peer: Progress, through end: LogIndex) -> Bool {
        guard peer.inflight.count > 0, let answerTime = peer.answerTime else { return false }
        return peer.next <= end && answerTime < configuration.gatheringLimit
            && end - (peer.next - 1) < configuration.gatheringCount
    }

    /// Tells an up-to-date follower at once that the commit index moved; others hear it with their entries, or when
    /// the answer to the last of them has come.
    private mutating func sendCommitNotice(toPeerAt position: Int) {
        guard let peer = leadership?.peers[position], peer.isActive, peer.state == .replicating,
            peer.inflight.count == 0
        else { return }
        let commit = min(commitIndex, peer.match)
        guard peer.toldCommit < commit else { return }
        leadership?.peers[position].toldCommit = commit
        send(.heartbeat(Heartbeat(round: 0, commitIndex: commit, lastSent: peer.match)), to: peer.id)
    }

    mutating func handleAppendAnswer(_ answer: AppendAnswer, from id: NodeID) {
        guard let position = hearAnswer(of: answer.round, from: id) else { return }
        switch answer.result {
        case .accepted(let index):
            guard index <= log.lastIndex else { return }
            leadership?.peers[position].accept(through: index, logBase: log.baseIndex, at: now)
        case .rejected(let previous, let hintIndex, let hintTerm):
            guard leadership?.peers[position].isNews(rejectedAt: previous) == true else { return }
            let place = hintIndex < previous ? hintIndex : previous - 1
            let isBelowBase = place < log.baseIndex
            let agreed = isBelowBase ? place : log.lastEntry(notAfter: place, termAtMost: hintTerm).index
            leadership?.peers[position].probe(from: agreed.next)
        }
        needsReplication = true
        advanceCommit()
        advanceTransfer()
        forgetRemovedPeers()
    }

    /// Raft §5.3 and §5.4.2: an entry of the own term on a quorum's disks is committed, and with it all before.
    mutating func advanceCommit() {
        guard leadership != nil else { return }
        let index = LogIndex(quorumValue(own: persistedIndex.value) { $0.match.value })
        guard index > commitIndex, log.term(at: index) == term || Mutant.olderTermCommitted.isOn else { return }
        let freed = log.entries(from: commitIndex.next, through: index).reduce(0) { $0 + $1.data.count }
        leadership?.uncommittedBytes -= freed
        setCommitIndex(index)
        needsReplication = true
        leaveIfRemoved()
    }

    /// The greatest value that a quorum of the voters has reached.
    func quorumValue(own: UInt64, _ value: (Progress) -> UInt64) -> UInt64 {
        guard let leadership else { return 0 }
        var best: UInt64 = 0
        func consider(_ candidate: UInt64) {
            guard candidate > best else { return }
            var count = isVoter && own >= candidate ? 1 : 0
            for peer in leadership.peers where peer.isVoter && value(peer) >= candidate { count += 1 }
            if count >= quorumCount { best = candidate }
        }
        if isVoter { consider(own) }
        for peer in leadership.peers where peer.isVoter { consider(value(peer)) }
        return best
    }

    mutating func setCommitIndex(_ index: LogIndex) {
        precondition(index >= commitIndex && index <= log.lastIndex, "commit \(commitIndex) cannot become \(index)")
        let before = commitIndex
        commitIndex = index
        let record = log.membership
        if record.index > before && record.index <= index {
            note(.membershipCommitted(record.membership, record.index))
        }
    }

    // MARK: Follower

    mutating func handleAppend(_ append: AppendEntries, _ message: RaftMessage) {
        guard hearLeader(message.from), installing == nil else { return }
        heardCommit = max(heardCommit, append.commitIndex)
        func answer(_ result: AppendAnswer.Result) -> RaftMessage.Body {
            .appendAnswer(AppendAnswer(round: append.round, result: result))
        }
        if append.previousIndex < commitIndex {
            return sendDurably(
                answer(.accepted(through: commitIndex)), to: message.from, through: commitIndex)
        }
        guard log.term(at: append.previousIndex) == append.previousTerm else {
            let hint = log.lastEntry(notAfter: append.previousIndex, termAtMost: append.previousTerm)
            let result = AppendAnswer.Result.rejected(
                previous: append.previousIndex, hintIndex: hint.index, hintTerm: hint.term)
            return sendDurably(answer(result), to: message.from)
        }
        if let refusal = merge(append, clusterID: message.clusterID) {
            return note(.refused(from: message.from, refusal))
        }
        let last = append.previousIndex + append.entries.count
        advanceFollowerCommit(to: append.commitIndex, knownThrough: last)
        if Mutant.appendAnsweredBeforeSync.isOn { return send(answer(.accepted(through: last)), to: message.from) }
        sendDurably(answer(.accepted(through: last)), to: message.from, through: last)
    }

    /// Raft figure 2, AppendEntries 3 and 4: entries that conflict give way, those already here stay.
    /// - Returns: why nothing was taken.
    private mutating func merge(_ append: AppendEntries, clusterID: ClusterID) -> Refusal? {
        var firstNew: Int?
        var previousTerm = append.previousTerm
        for (offset, entry) in append.entries.enumerated() {
            guard entry.index == append.previousIndex + (offset + 1), entry.term >= previousTerm, entry.term <= term
            else { return .entriesNotContiguous }
            previousTerm = entry.term
            guard firstNew != nil || log.term(at: entry.index) != entry.term else { continue }
            if firstNew == nil { firstNew = offset }
            switch entry.kind {
            case .membership: if entry.heldMembership == nil { return .unreadableMembership }
            case .identity: if ClusterID(bigEndian: entry.data) != clusterID { return .foreignIdentity }
            case .noop, .command: break
            }
        }
        guard let firstNew else { return nil }
        let start = append.entries[firstNew].index
        if start <= log.lastIndex {
            guard start > commitIndex else { return .conflictWithCommitted(start) }
            truncate(from: start)
        }
        if self.clusterID == .none {
            self.clusterID = clusterID
            note(.clusterAdopted(clusterID))
        }
        for entry in append.entries[firstNew...] { self.append(entry) }
        return nil
    }

    private mutating func truncate(from index: LogIndex) {
        let membershipIndex = log.membership.index
        log.truncate(from: index)
        if index <= handedIndex {
            handedIndex = index - 1
            pendingTruncation = min(pendingTruncation ?? index, index)
        }
        persistedIndex = min(persistedIndex, index - 1)
        writes.cut(from: index)
        if log.membership.index != membershipIndex {
            membershipChanged()
            note(.membershipChanged(membership, log.membership.index))
        }
    }

    /// - Parameter last: through where the log is known to equal the leader's.
    mutating func advanceFollowerCommit(to announced: LogIndex, knownThrough last: LogIndex) {
        guard installing == nil else { return }
        let index = min(announced, last, log.lastIndex)
        if index > commitIndex { setCommitIndex(index) }
        // A server that is only on its way through an old log sees more announced than it has.
        if wasMember && announced <= last && membershipIndex <= commitIndex && membership[id] == nil {
            wasMember = false
            note(.removed)
        }
    }
}

extension LogEntry {
    /// The peer set in a membership entry; nil for other kinds and for bytes that hold none.
    var heldMembership: Membership? {
        guard kind == .membership else { return nil }
        var reader = MessagePackReader(data)
        guard let membership = try? Membership(from: &reader), reader.isAtEnd, !membership.voters.isEmpty else {
            return nil
        }
        return membership
    }
}
