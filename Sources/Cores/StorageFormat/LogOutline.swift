package import FederationModel
package import RaftCore

/// Which entries a log holds, without their data: its first and last index and the term of each run of entries.
/// Holds one pair per change of term, so a few hundred bytes in years of work.
package struct LogOutline: Equatable, Sendable {
    private struct Run: Equatable {
        var start: LogIndex
        var term: Term
    }

    private var runs: [Run] = []
    /// Of the last entry; of the snapshot when there is none after it.
    package private(set) var lastIndex: LogIndex
    private var isEmpty: Bool { runs.isEmpty }

    package init(_ recovery: RaftRecovery) {
        lastIndex = recovery.snapshot?.index ?? .zero
        for entry in recovery.entries { append(entry) }
    }

    /// The index of the first entry of the batch when it does not follow what the log holds.
    package func gap(before batch: WriteBatch) -> LogIndex? {
        guard let first = batch.entries.first?.index else { return nil }
        let last = batch.truncateFrom.map { min(lastIndex, $0 - 1) } ?? lastIndex
        return first > last.next ? first : nil
    }

    package mutating func apply(_ batch: WriteBatch) {
        if let index = batch.truncateFrom { truncate(from: index) }
        for entry in batch.entries { append(entry) }
    }

    private mutating func append(_ entry: LogEntry) {
        if entry.index <= lastIndex { truncate(from: entry.index) }
        if runs.last?.term != entry.term { runs.append(Run(start: entry.index, term: entry.term)) }
        lastIndex = entry.index
    }

    private mutating func truncate(from index: LogIndex) {
        while let last = runs.last, last.start >= index { runs.removeLast() }
        lastIndex = min(lastIndex, index - 1)
    }

    /// True when a snapshot up to this entry was made of this log, or of what stood before its first entry; false
    /// when the snapshot takes the log's place (Raft §7).
    package func agrees(index: LogIndex, term: Term) -> Bool {
        guard let first = runs.first else { return index <= lastIndex }
        guard index <= lastIndex else { return false }
        return index < first.start || runs.last { $0.start <= index }?.term == term
    }

    /// The log gives way to a snapshot.
    package mutating func restart(after index: LogIndex) {
        runs = []
        lastIndex = index
    }
}
