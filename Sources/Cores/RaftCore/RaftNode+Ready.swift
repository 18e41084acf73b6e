package import Determinism
package import FederationModel

/// Writes handed to the disk and not finished yet. Finishing is cumulative: the disk keeps their order.
struct WriteTracker: Sendable {
    struct Write: Sendable {
        let sequence: UInt64
        /// Of the log after this write, less what was cut since.
        var lastIndex: LogIndex
        let handedAt: Instant
    }

    private(set) var latestSequence: UInt64 = 0
    private(set) var finishedSequence: UInt64 = 0
    private(set) var outstanding: [Write] = []

    mutating func add(lastIndex: LogIndex, at now: Instant) {
        latestSequence += 1
        outstanding.append(Write(sequence: latestSequence, lastIndex: lastIndex, handedAt: now))
    }

    /// - Returns: how far the log is on disk; nil when nothing finished.
    mutating func finish(through sequence: UInt64) -> LogIndex? {
        let count = outstanding.firstIndex { $0.sequence > sequence } ?? outstanding.count
        guard count > 0 else { return nil }
        let last = outstanding[count - 1]
        finishedSequence = last.sequence
        outstanding.removeSubrange(..<count)
        return last.lastIndex
    }

    mutating func cut(from index: LogIndex) {
        for position in outstanding.indices where outstanding[position].lastIndex >= index {
            outstanding[position].lastIndex = index - 1
        }
    }

    /// A snapshot took the log's place.
    mutating func replace(with index: LogIndex) {
        for position in outstanding.indices { outstanding[position].lastIndex = index }
    }
}

extension RaftNode {
    /// Mutating, so that it is asked of the node where it stands.
    private mutating func hasWork() -> Bool {
        isHardStateDirty || pendingTruncation != nil || owesEntries()
            || !outbox.isEmpty || !heldMessages.isEmpty
            || (deliveredIndex < commitIndex && installing == nil)
            || !confirmedReads.isEmpty || !failedReads.isEmpty || readySnapshot != nil || wantsSnapshot
            || !observations.isEmpty
    }

    /// Entries for the disk. Those of a leader that gather for every voter, and that none was sent yet, gather for its
    /// own disk too: they commit no sooner without a voter, and one write takes more of them. Mutating for the same
    /// reason.
    private mutating func owesEntries() -> Bool {
        guard handedIndex < log.lastIndex else { return false }
        guard let peers = leadership?.peers else { return true }
        var isGathering = false
        for peer in peers where peer.isVoter {
            if peer.next > handedIndex.next { return true }
            if gathers(for: peer, through: log.lastIndex) { isGathering = true }
        }
        return !isGathering
    }

    /// Whether `takeReady` has anything: asked after every batch of inputs, and the answer is mostly no.
    package mutating func owesWork() -> Bool {
        if leadership != nil { replicate() }
        return hasWork()
    }

    /// What is owed since the last call; nil, and nothing allocated, when nothing is. Call until nil.
    package mutating func takeReady() -> Ready? { owesWork() ? takeOwed() : nil }

    /// For who asks `owesWork` itself.
    /// - Precondition: it has just said so.
    package mutating func takeOwed() -> Ready {
        var ready = Ready()
        ready.batch = takeBatch()
        ready.sequence = writes.latestSequence
        swap(&ready.messages, &outbox)
        swap(&ready.messagesAfterPersist, &heldMessages)
        swap(&ready.reads, &confirmedReads)
        swap(&ready.failedReads, &failedReads)
        swap(&ready.observations, &observations)
        ready.installSnapshot = readySnapshot
        readySnapshot = nil
        ready.wantsSnapshot = wantsSnapshot
        wantsSnapshot = false
        if deliveredIndex < commitIndex && installing == nil {
            let entries = log.entries(
                from: deliveredIndex.next, through: commitIndex, maxCount: configuration.maxCommittedEntries)
            ready.committed = Array(entries)
            deliveredIndex = deliveredIndex + entries.count
        }
        return ready
    }

    private mutating func takeBatch() -> WriteBatch? {
        guard isHardStateDirty || pendingTruncation != nil || owesEntries() else { return nil }
        var batch = WriteBatch()
        batch.truncateFrom = pendingTruncation
        if handedIndex < log.lastIndex {
            batch.entries = Array(log.entries(from: handedIndex.next, through: log.lastIndex))
        }
        writes.add(lastIndex: log.lastIndex, at: now)
        if isHardStateDirty {
            batch.hardState = hardState
            if Mutant.voteNotPersisted.isOn { batch.hardState?.votedFor = nil }
            hardStateSequence = writes.latestSequence
            isHardStateDirty = false
        }
        pendingTruncation = nil
        handedIndex = log.lastIndex
        return batch
    }

    /// Every batch through this sequence is on disk. Later reports of earlier sequences change nothing.
    package mutating func persisted(through sequence: UInt64, at instant: Instant) {
        observe(instant)
        guard let index = writes.finish(through: sequence) else { return }
        persistedIndex = max(persistedIndex, min(index, log.lastIndex))
        if !isHardStateDirty && hardStateSequence <= writes.finishedSequence { countOwnVote() }
        if leadership != nil { advanceCommit() }
    }

    /// The host's state machine holds every entry through here.
    package mutating func applied(through index: LogIndex) {
        precondition(index <= deliveredIndex, "applied \(index), delivered only \(deliveredIndex)")
        appliedIndex = max(appliedIndex, index)
    }
}
