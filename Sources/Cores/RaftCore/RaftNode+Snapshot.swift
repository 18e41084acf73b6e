package import Determinism
import FederationModel

/// A snapshot on its way in.
struct IncomingSnapshot: Sendable {
    let metadata: SnapshotMetadata
    let totalBytes: Int
    var data: [UInt8] = []
}

// Raft §7, thesis §5.
extension RaftNode {
    /// Forgets the log through a durable snapshot, less `keepingTrailing` entries for followers that lag a little.
    package mutating func compact(_ metadata: SnapshotMetadata, keepingTrailing trailingCount: Int) {
        precondition(metadata.index <= appliedIndex, "snapshot \(metadata.index) above applied \(appliedIndex)")
        if let snapshot, snapshot.index >= metadata.index { return }
        snapshot = metadata
        // What is not with the disk yet has to stay: the log there has no gaps.
        let end = min(metadata.index - trailingCount, handedIndex)
        log.compact(through: end, snapshotIndex: metadata.index)
        persistedIndex = max(persistedIndex, log.baseIndex)
    }

    // MARK: Leader

    /// The answer to `Ready.wantsSnapshot`. Kept while a follower needs it.
    package mutating func provideSnapshot(_ metadata: SnapshotMetadata, data: [UInt8], at instant: Instant) {
        observe(instant)
        guard leadership != nil else { return }
        leadership?.snapshotWantedAt = nil
        guard metadata.index >= log.baseIndex else { return }
        leadership?.snapshot = Leadership.OutgoingSnapshot(metadata: metadata, data: data)
        needsReplication = true
    }

    mutating func beginSnapshot(forPeerAt position: Int) {
        leadership?.peers[position].inflight.removeAll()
        leadership?.peers[position].state = .snapshot(Progress.SnapshotTransfer(lastProgress: now))
    }

    /// - Returns: whether a chunk was sent and more may follow.
    mutating func sendSnapshotChunk(toPeerAt position: Int) -> Bool {
        guard let leadership, case .snapshot(var transfer) = leadership.peers[position].state else { return false }
        let peer = leadership.peers[position].id
        guard let snapshot = leadership.snapshot, snapshot.metadata.index >= log.baseIndex else {
            askForSnapshot()
            return false
        }
        if transfer.index != snapshot.metadata.index {
            transfer = Progress.SnapshotTransfer(index: snapshot.metadata.index, lastProgress: now)
        }
        let chunkBytes = min(max(configuration.snapshotChunkBytes, 64 << 10), 1 << 20)
        let inflightBytes = transfer.sentOffset - transfer.acknowledgedOffset
        let isOwed = transfer.sentOffset < snapshot.data.count || !transfer.isStarted
        guard isOwed, inflightBytes < chunkBytes * configuration.maxInflightChunks else {
            self.leadership?.peers[position].state = .snapshot(transfer)
            return false
        }
        let end = min(transfer.sentOffset + chunkBytes, snapshot.data.count)
        let chunk = SnapshotChunk(
            round: leadership.rounds.latest, metadata: snapshot.metadata, totalBytes: snapshot.data.count,
            offset: transfer.sentOffset, data: Array(snapshot.data[transfer.sentOffset..<end]))
        transfer.sentOffset = end
        transfer.isStarted = true
        self.leadership?.peers[position].state = .snapshot(transfer)
        send(.snapshotChunk(chunk), to: peer)
        return true
    }

    /// Lets the snapshot go when no follower needs it any more.
    mutating func forgetSnapshot() {
        guard leadership?.snapshot != nil else { return }
        let isNeeded = leadership?.peers.contains { if case .snapshot = $0.state { true } else { false } } ?? false
        if !isNeeded { leadership?.snapshot = nil }
    }

    private mutating func askForSnapshot() {
        if let asked = leadership?.snapshotWantedAt, now - asked < configuration.electionTimeout.upperBound { return }
        leadership?.snapshotWantedAt = now
        wantsSnapshot = true
    }

    mutating func handleSnapshotAnswer(_ answer: SnapshotAnswer, from id: NodeID) {
        guard let position = hearAnswer(of: answer.round, from: id), let leadership, let snapshot = leadership.snapshot,
            case .snapshot(var transfer) = leadership.peers[position].state, transfer.index == answer.index,
            answer.offset <= snapshot.data.count
        else { return }
        if answer.offset != transfer.acknowledgedOffset { transfer.lastProgress = now }
        // A lower offset than before: the follower lost what it had.
        let isLost = answer.offset < transfer.acknowledgedOffset
        transfer.sentOffset = isLost ? answer.offset : max(transfer.sentOffset, answer.offset)
        transfer.acknowledgedOffset = answer.offset
        self.leadership?.peers[position].state = .snapshot(transfer)
        needsReplication = true
    }

    // MARK: Follower

    mutating func handleSnapshotChunk(_ chunk: SnapshotChunk, _ message: RaftMessage) {
        guard hearLeader(message.from) else { return }
        let metadata = chunk.metadata
        if metadata.index <= commitIndex && installing == nil {
            let result = AppendAnswer.Result.accepted(through: commitIndex)
            return sendDurably(
                .appendAnswer(AppendAnswer(round: chunk.round, result: result)), to: message.from,
                through: commitIndex)
        }
        if let installing {
            guard installing.index == metadata.index else { return }
            return answer(chunk, offset: chunk.totalBytes, to: message.from)
        }
        guard chunk.totalBytes <= configuration.maxSnapshotBytes else {
            return note(.refused(from: message.from, .snapshotTooLarge(bytes: chunk.totalBytes)))
        }
        let isSound =
            metadata.clusterID == message.clusterID && !metadata.membership.voters.isEmpty
            && metadata.term <= term && metadata.membershipIndex <= metadata.index
            && chunk.offset >= 0 && chunk.offset <= chunk.totalBytes
            && chunk.data.count <= chunk.totalBytes - chunk.offset
        guard isSound else { return note(.refused(from: message.from, .malformedSnapshot)) }

        var incoming =
            if let current = self.incoming, current.metadata == metadata, current.totalBytes == chunk.totalBytes {
                current
            } else {
                IncomingSnapshot(metadata: metadata, totalBytes: chunk.totalBytes)
            }
        self.incoming = nil
        if chunk.offset == incoming.data.count { incoming.data += chunk.data }
        answer(chunk, offset: incoming.data.count, to: message.from)
        guard incoming.data.count == incoming.totalBytes else {
            self.incoming = incoming
            return
        }
        installing = metadata
        readySnapshot = ReceivedSnapshot(metadata: metadata, data: incoming.data)
    }

    private mutating func answer(_ chunk: SnapshotChunk, offset: Int, to peer: NodeID) {
        let answer = SnapshotAnswer(round: chunk.round, index: chunk.metadata.index, offset: offset)
        send(.snapshotAnswer(answer), to: peer)
    }

    /// The snapshot of `Ready.installSnapshot` is durable and the state machine stands at its index.
    package mutating func installed(_ metadata: SnapshotMetadata, at instant: Instant) {
        observe(instant)
        precondition(installing == metadata, "snapshot \(metadata.index) is not the one being installed")
        installing = nil
        snapshot = metadata
        if log.term(at: metadata.index) == metadata.term {
            // Raft §7: what follows the snapshot's last entry stays.
            log.compact(through: min(metadata.index, handedIndex), snapshotIndex: metadata.index)
            persistedIndex = max(persistedIndex, log.baseIndex)
        } else {
            log = RaftLog(after: metadata)
            pendingTruncation = nil
            handedIndex = metadata.index
            persistedIndex = metadata.index
            writes.replace(with: metadata.index)
        }
        commitIndex = metadata.index
        deliveredIndex = metadata.index
        appliedIndex = metadata.index
        if clusterID == .none {
            clusterID = metadata.clusterID
            note(.clusterAdopted(clusterID))
        }
        membershipChanged()
        note(.membershipChanged(membership, membershipIndex))
        resetElectionTimer()
        guard let leader else { return }
        let answer = AppendAnswer(round: 0, result: .accepted(through: metadata.index))
        sendDurably(.appendAnswer(answer), to: leader, through: metadata.index)
    }

    /// The snapshot could not be made durable: as if it had never come.
    package mutating func installFailed(at instant: Instant) {
        observe(instant)
        installing = nil
    }
}
