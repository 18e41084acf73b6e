package import Determinism
import FederationModel

// Thesis §4.1 (one server at a time), §4.2.1 (learners), §4.2.2 (removing the leader).
extension RaftNode {
    /// Appends a new peer set; it is in force at once and final when it is committed.
    package mutating func changeMembership(
        _ change: MembershipChange, at instant: Instant
    ) throws(ProposeError) {
        observe(instant)
        try checkProposal(bytes: 0)
        guard isNoopCommitted || Mutant.changeBeforeNoop.isOn, membershipIndex <= commitIndex else {
            throw .changePending
        }
        let changed = try membership.applying(change)
        append(LogEntry(term: term, index: log.lastIndex.next, kind: .membership, data: changed.encoded))
    }

    /// Keeps one progress per other server of the peer set in force, and those that still have to hear of their
    /// removal.
    mutating func refreshPeers() {
        guard let leadership else { return }
        var peers: [Progress] = []
        for server in membership.servers where server.id != id {
            var peer: Progress
            if let position = leadership.position(of: server.id) {
                peer = leadership.peers[position]
            } else {
                peer = Progress(id: server.id, isVoter: false, next: log.lastIndex.next, at: now)
            }
            peer.isVoter = server.suffrage == .voter
            peer.removalIndex = nil
            peers.append(peer)
        }
        for var peer in leadership.peers where membership[peer.id] == nil {
            peer.isVoter = false
            if peer.removalIndex == nil { peer.removalIndex = membershipIndex }
            peers.append(peer)
        }
        self.leadership?.peers = peers.sorted { $0.id < $1.id }
    }

    /// A removed server is let go when it knows that its removal is committed, or does not answer.
    mutating func forgetRemovedPeers() {
        guard leadership?.peers.contains(where: { $0.removalIndex != nil }) == true, let leadership else { return }
        for peer in leadership.peers {
            guard let removal = peer.removalIndex, removal <= commitIndex else { continue }
            if peer.match >= removal {
                send(.heartbeat(Heartbeat(round: 0, commitIndex: removal, lastSent: removal)), to: peer.id)
            } else if peer.isActive {
                continue
            }
            self.leadership?.peers.removeAll { $0.id == peer.id }
        }
    }

    /// A leader leads until its own removal is committed, without counting itself; then it names a successor.
    mutating func leaveIfRemoved() {
        guard leadership != nil, !isVoter, membershipIndex <= commitIndex else { return }
        for position in leadership?.peers.indices ?? 0..<0 { announceCommit(toPeerAt: position) }
        if let successor = bestSuccessor { sendTimeoutNow(to: successor) }
        wasMember = false
        note(.removed)
        stepDown(.removed, at: now)
    }

    private mutating func announceCommit(toPeerAt position: Int) {
        guard let peer = leadership?.peers[position] else { return }
        let commit = min(commitIndex, peer.match)
        send(.heartbeat(Heartbeat(round: 0, commitIndex: commit, lastSent: commit)), to: peer.id)
    }
}

extension Membership {
    /// The peer set after one change.
    /// - Throws: `invalid` when it does not apply, changes nothing, or would leave no voter.
    package func applying(_ change: MembershipChange) throws(ProposeError) -> Membership {
        switch change {
        case .addLearner(var server):
            if self[server.id] != nil { throw .invalid("server \(server.id) is in the peer set") }
            server.suffrage = .learner
            return replacing(server)
        case .promote(let id):
            guard var server = self[id] else { throw .invalid("server \(id) is not in the peer set") }
            if server.suffrage == .voter { throw .invalid("server \(id) is a voter") }
            server.suffrage = .voter
            return replacing(server)
        case .remove(let id):
            guard let server = self[id] else { throw .invalid("server \(id) is not in the peer set") }
            if server.suffrage == .voter && voters.count == 1 { throw .invalid("server \(id) is the only voter") }
            return removing(id)
        case .updateEndpoint(let id, let endpoint):
            guard var server = self[id] else { throw .invalid("server \(id) is not in the peer set") }
            if server.endpoint == endpoint { throw .invalid("server \(id) is at \(endpoint)") }
            server.endpoint = endpoint
            return replacing(server)
        }
    }
}
