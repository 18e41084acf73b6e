package import FederationModel

/// The log after its base: what came before stands in a snapshot (Raft §7). Also knows which peer set is in force at
/// each of its positions.
package struct RaftLog: Sendable {
    package struct MembershipRecord: Equatable, Sendable {
        /// Of the entry that holds it; zero when there is none.
        package var index: LogIndex
        package var membership: Membership
    }

    /// The last entry that is not here. Its term is known, so that AppendEntries can follow it.
    package private(set) var baseIndex: LogIndex
    package private(set) var baseTerm: Term
    private var entries: [LogEntry]
    /// Ascending, never empty; the first is the peer set at the latest snapshot.
    private var memberships: [MembershipRecord]

    package init() {
        baseIndex = .zero
        baseTerm = .zero
        entries = []
        memberships = [MembershipRecord(index: .zero, membership: Membership())]
    }

    /// The log a snapshot leaves when nothing follows it.
    package init(after snapshot: SnapshotMetadata) {
        baseIndex = snapshot.index
        baseTerm = snapshot.term
        entries = []
        memberships = [MembershipRecord(index: snapshot.membershipIndex, membership: snapshot.membership)]
    }

    /// - Precondition: `trailing` ends with the snapshot's last entry. The first of them becomes the base.
    package init(after snapshot: SnapshotMetadata, trailing: ArraySlice<LogEntry>) {
        self.init(after: snapshot)
        guard let first = trailing.first else { return }
        precondition(trailing.last?.index == snapshot.index, "the entries do not lead up to \(snapshot.index)")
        baseIndex = first.index
        baseTerm = first.term
        entries = Array(trailing.dropFirst())
    }

    package var lastIndex: LogIndex { baseIndex + entries.count }
    /// Of the entries in memory.
    package var count: Int { entries.count }
    package var lastTerm: Term { entries.last?.term ?? baseTerm }
    package var membership: MembershipRecord { memberships[memberships.count - 1] }

    /// The peer set that the one in force replaced.
    package var previousMembership: MembershipRecord? { memberships.dropLast().last }

    private func offset(of index: LogIndex) -> Int { index - baseIndex - 1 }

    /// Nil before the base and after the end.
    package func term(at index: LogIndex) -> Term? {
        if index == baseIndex { return baseTerm }
        guard index > baseIndex, index <= lastIndex else { return nil }
        return entries[offset(of: index)].term
    }

    package func entry(at index: LogIndex) -> LogEntry? {
        guard index > baseIndex, index <= lastIndex else { return nil }
        return entries[offset(of: index)]
    }

    /// At least one entry when there is one at `start`, then as many as the limits allow.
    package func entries(
        from start: LogIndex, through last: LogIndex, maxCount: Int = .max, maxBytes: Int = .max
    ) -> ArraySlice<LogEntry> {
        precondition(start > baseIndex, "entry \(start) stands before the log's base \(baseIndex)")
        let end = min(last, lastIndex)
        guard start <= end else { return [] }
        let first = offset(of: start)
        let limit = min(offset(of: end) + 1, maxCount < entries.count - first ? first + maxCount : entries.count)
        var stop = first + 1
        var bytes = entries[first].data.count
        while stop < limit {
            bytes += entries[stop].data.count
            if bytes > maxBytes { break }
            stop += 1
        }
        return entries[first..<stop]
    }

    package func membership(at index: LogIndex) -> MembershipRecord? { memberships.last { $0.index <= index } }

    /// The last entry at or before `index` whose term is at most `term`, the base at the least (Raft §5.3: skips a
    /// whole term per rejection). O(log n): terms never go down.
    package func lastEntry(notAfter index: LogIndex, termAtMost term: Term) -> (index: LogIndex, term: Term) {
        var low = baseIndex
        var high = max(baseIndex, min(index, lastIndex))
        while low < high {
            let middle = low + ((high - low + 1) / 2)
            if let there = self.term(at: middle), there <= term { low = middle } else { high = middle - 1 }
        }
        return (low, self.term(at: low) ?? baseTerm)
    }

    /// - Precondition: the entries follow the end without gaps. `membership` is what the entry holds, if it is one.
    package mutating func append(_ entry: LogEntry, membership: Membership?) {
        precondition(entry.index == lastIndex.next, "entry \(entry.index) after the log's end \(lastIndex)")
        precondition(entry.term >= lastTerm, "term \(entry.term) after term \(lastTerm) at \(entry.index)")
        entries.append(entry)
        if let membership { memberships.append(MembershipRecord(index: entry.index, membership: membership)) }
    }

    package mutating func truncate(from index: LogIndex) {
        precondition(index > baseIndex, "cannot cut at \(index), the base is \(baseIndex)")
        guard index <= lastIndex else { return }
        entries.removeSubrange(offset(of: index)...)
        memberships.removeAll { $0.index >= index }
    }

    /// Forgets entries through `index`. O(entries kept).
    package mutating func compact(through index: LogIndex, snapshotIndex: LogIndex) {
        if let base = memberships.last(where: { $0.index <= snapshotIndex }) {
            memberships.removeAll { $0.index < base.index }
        }
        guard index > baseIndex, let term = term(at: index) else { return }
        entries.removeSubrange(..<(offset(of: index) + 1))
        baseIndex = index
        baseTerm = term
    }
}
