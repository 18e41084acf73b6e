package import Determinism
import FederationModel

// Thesis §6.2 (check-quorum), §6.4 (ReadIndex) and §6.4.1 (leases).
extension RaftNode {
    /// Asks for an index at which a read sees every write acknowledged before: answered in `Ready.reads`, or in
    /// `Ready.failedReads` when this server does not lead or ceases to. One round confirms every read that waits.
    package mutating func requestRead(_ id: UInt64, at instant: Instant) {
        observe(instant)
        guard let count = leadership?.reads.count, count < configuration.maxPendingReads else {
            failedReads.append(id)
            return
        }
        if Mutant.readIndexWithoutQuorum.isOn && isNoopCommitted {
            return confirmedReads.append(ConfirmedRead(id: id, index: commitIndex))
        }
        leadership?.reads.waiting.append(id)
    }

    /// Reads that came during a round wait for its end and share the next one.
    mutating func startReadRoundIfOwed() {
        guard leadership?.reads.isRoundOwed == true, isNoopCommitted else { return }
        startRound()
    }

    var isNoopCommitted: Bool { leadership.map { commitIndex >= $0.noopIndex } ?? false }

    /// One heartbeat to everyone: keeps followers, and its answers confirm that nobody else led when it was sent.
    mutating func startRound() {
        guard leadership != nil else { return }
        let round = leadership?.rounds.start(at: now) ?? 0
        if isNoopCommitted { leadership?.reads.attach(to: round, index: commitIndex) }
        for position in leadership?.peers.indices ?? 0..<0 {
            guard let peer = leadership?.peers[position] else { continue }
            let commit = min(commitIndex, peer.match)
            leadership?.peers[position].toldCommit = commit
            let heartbeat = Heartbeat(round: round, commitIndex: commit, lastSent: peer.next - 1)
            send(.heartbeat(heartbeat), to: peer.id)
        }
        confirmRounds()
    }

    mutating func handleHeartbeat(_ heartbeat: Heartbeat, from peer: NodeID) {
        guard hearLeader(peer) else { return }
        heardCommit = max(heardCommit, heartbeat.commitIndex)
        advanceFollowerCommit(to: heartbeat.commitIndex, knownThrough: heartbeat.commitIndex)
        guard heartbeat.round > 0 else { return }
        let answer = HeartbeatAnswer(
            round: heartbeat.round, lastIndex: log.lastIndex,
            isMissingEntries: heartbeat.lastSent > log.lastIndex && installing == nil)
        send(.heartbeatAnswer(answer), to: peer)
    }

    mutating func handleHeartbeatAnswer(_ answer: HeartbeatAnswer, from id: NodeID) {
        guard let position = hearAnswer(of: answer.round, from: id), let peer = leadership?.peers[position] else {
            return
        }
        if answer.lastIndex < peer.match {
            note(.logRegressed(id))
            leadership?.peers[position].match = .zero
            leadership?.peers[position].probe(from: answer.lastIndex.next)
        } else if answer.isMissingEntries && peer.state == .replicating {
            leadership?.peers[position].probe(from: min(peer.next, answer.lastIndex.next))
        } else {
            return
        }
        needsReplication = true
    }

    /// An answer of this term arrived.
    /// - Returns: where its sender stands; nil when this server does not lead or does not know it.
    mutating func hearAnswer(of round: UInt64, from id: NodeID) -> Int? {
        guard let position = leadership?.position(of: id), let latest = leadership?.rounds.latest, round <= latest
        else { return nil }
        leadership?.peers[position].lastAnswer = now
        if leadership?.peers[position].isActive == false {
            leadership?.peers[position].isActive = true
            needsReplication = true
        }
        if let answered = leadership?.peers[position].answeredRound, answered < round {
            leadership?.peers[position].answeredRound = round
            confirmRounds()
        }
        return position
    }

    /// A quorum's answers confirm a round: reads that waited for it are answered, and the lease counts from the
    /// moment it was sent.
    mutating func confirmRounds() {
        guard let latest = leadership?.rounds.latest, let confirmed = leadership?.rounds.confirmed else { return }
        let round = quorumValue(own: latest) { $0.answeredRound }
        guard round > confirmed else { return }
        if let sent = leadership?.rounds.confirm(round), leadership?.hasSentTimeoutNow == false {
            leaseEnd = max(leaseEnd, sent + configuration.leaseDuration)
        }
        leadership?.reads.release(through: round, into: &confirmedReads)
    }

    mutating func advanceLeader() {
        advanceTransferDeadline()
        guard let due = leadership?.heartbeatDeadline, now >= due else { return }
        // After a pause of this process answers may wait in its sockets: they get one more interval.
        let isLate = now - due > configuration.heartbeatInterval
        if !isLate && !hasQuorumContact { return stepDown(.quorumSilent, at: now) }
        for position in leadership?.peers.indices ?? 0..<0 { checkPeer(at: position) }
        if isDiskStalled && leadership?.transfer == nil { leaveStalledDisk() }
        guard leadership != nil else { return }
        forgetSnapshot()
        leadership?.heartbeatDeadline = now + configuration.heartbeatInterval
        forgetRemovedPeers()
        needsReplication = true
        startRound()
    }

    /// Whether a quorum answered within one election timeout (thesis §6.2).
    private var hasQuorumContact: Bool {
        guard let leadership else { return false }
        let oldest = now - configuration.electionTimeout.lowerBound
        if leadership.electedAt > oldest { return true }
        var count = isVoter ? 1 : 0
        for peer in leadership.peers where peer.isVoter {
            if let lastAnswer = peer.lastAnswer, lastAnswer > oldest { count += 1 }
        }
        return count >= quorumCount
    }

    /// Lets a lost probe, chunk or answer be replaced, and spends nothing but heartbeats on a silent server.
    private mutating func checkPeer(at position: Int) {
        guard var peer = leadership?.peers[position], let electedAt = leadership?.electedAt else { return }
        let patience = configuration.electionTimeout.lowerBound
        if now - (peer.lastAnswer ?? electedAt) > patience {
            peer.isActive = false
            peer.probe(from: peer.match.next)
        }
        switch peer.state {
        case .probing: peer.state = .probing(isWaiting: false)
        case .replicating:
            if peer.inflight.count > 0 && now - peer.lastProgress > patience { peer.probe(from: peer.match.next) }
        case .snapshot(var transfer):
            if now - transfer.lastProgress > patience {
                transfer.sentOffset = transfer.acknowledgedOffset
                transfer.isStarted = false
                transfer.lastProgress = now
                peer.state = .snapshot(transfer)
            }
        }
        leadership?.peers[position] = peer
    }
}
