package import Determinism
package import FederationModel

// Thesis §3.10.
extension RaftNode {
    /// Hands leadership to a voter, the most up-to-date one that answers when none is named. Proposals are refused
    /// meanwhile; after an election timeout without a new leader this one goes on. Nothing happens unless it leads.
    package mutating func transferLeadership(to target: NodeID?, at instant: Instant) {
        observe(instant)
        guard let leadership, leadership.transfer == nil else { return }
        guard let chosen = target ?? bestSuccessor, chosen != id,
            leadership.peers.contains(where: { $0.id == chosen && $0.isVoter })
        else { return note(.transferFailed(to: target)) }
        self.leadership?.transfer = Leadership.Transfer(
            target: chosen, deadline: now + configuration.electionTimeout.lowerBound)
        note(.transferStarted(to: chosen))
        needsReplication = true
        advanceTransfer()
    }

    /// The voter with the longest log among those that answered lately; the lowest id among equals.
    var bestSuccessor: NodeID? {
        guard let leadership else { return nil }
        var best: Progress?
        for peer in leadership.peers where peer.isVoter && peer.isActive && peer.lastAnswer != nil {
            if let current = best, current.match >= peer.match { continue }
            best = peer
        }
        return best?.id
    }

    /// TimeoutNow leaves when the target has every entry. The lease ends before.
    mutating func advanceTransfer() {
        guard let transfer = leadership?.transfer, !transfer.isSent,
            leadership?.peers.contains(where: { $0.id == transfer.target && $0.match == log.lastIndex }) == true
        else { return }
        sendTimeoutNow(to: transfer.target)
        leadership?.transfer?.isSent = true
    }

    mutating func sendTimeoutNow(to peer: NodeID) {
        if !Mutant.leaseKeptAfterTimeoutNow.isOn {
            leaseEnd = .zero
            leadership?.hasSentTimeoutNow = true
        }
        send(.timeoutNow, to: peer)
    }

    mutating func advanceTransferDeadline() {
        guard let transfer = leadership?.transfer else { return }
        let isGone = leadership?.peers.contains { $0.id == transfer.target && $0.isVoter } == false
        guard now >= transfer.deadline || isGone else { return }
        leadership?.transfer = nil
        note(.transferFailed(to: transfer.target))
        if isDiskStalled { stepDown(.diskStalled, at: now) }
    }

    mutating func handleTimeoutNow(from peer: NodeID) {
        guard role == .follower, leader == peer, canCampaign else { return }
        campaignForVotes(isTransfer: true)
    }

    /// The own append is not on disk after an election timeout. Alone there is nobody to hand over to.
    var isDiskStalled: Bool {
        guard !isSoleVoter, let oldest = writes.outstanding.first else { return false }
        return now - oldest.handedAt > configuration.electionTimeout.lowerBound
    }

    mutating func leaveStalledDisk() {
        guard bestSuccessor != nil else { return stepDown(.diskStalled, at: now) }
        transferLeadership(to: nil, at: now)
        if leadership?.transfer == nil { stepDown(.diskStalled, at: now) }
    }
}
