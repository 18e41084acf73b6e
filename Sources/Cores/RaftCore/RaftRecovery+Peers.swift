import FederationModel

extension RaftRecovery {
    /// The write that puts a peer set named by an operator in force, after a quorum was lost for good. Entries that
    /// were not committed become so when the new peer set elects a leader. Each surviving server gets the same set.
    /// - Returns: nil when there is neither log nor snapshot, or the set has no voter.
    package func replacingPeers(with membership: Membership) -> WriteBatch? {
        let last = entries.last.map { ($0.index, $0.term) } ?? snapshot.map { ($0.index, $0.term) }
        guard let (index, lastTerm) = last, !membership.voters.isEmpty else { return nil }
        let covered = max(index, snapshot?.index ?? .zero)
        let term = max(hardState.term, lastTerm, snapshot?.term ?? .zero)
        let entry = LogEntry(term: term, index: covered.next, kind: .membership, data: membership.encoded)
        return WriteBatch(hardState: HardState(term: term, votedFor: hardState.votedFor), entries: [entry])
    }
}
