import Determinism
import FederationModel
import RaftCore
import ServerCore
import WireFormat

/// Raft's promises about the logs of one datacenter (Raft figure 3), from what its servers hand to their disks and
/// apply. Costs a few lookups by index for each entry of each server.
struct LogChecker: Sendable {
    /// An entry of some log. Equal (index, term) must mean an equal entry behind an equal predecessor: by induction
    /// the logs are equal up to there (Raft §5.3).
    private struct Known: Sendable {
        let term: Term
        let digest: UInt64
        let previousTerm: Term
    }

    private struct Committed: Sendable {
        let term: Term
        /// The term in which it was known to be committed, or a later one.
        let knownIn: Term
    }

    /// One server's log, as its disk will have it.
    private struct ServerLog: Sendable {
        var base = LogIndex.zero
        var terms: [Term] = []
        var memberships: [(index: LogIndex, membership: Membership)] = []
        var term = Term.zero
        var leadsIn: Term?
        var nextApplied = LogIndex(1)
        /// Of the last entry applied.
        var appliedTerm = Term.zero

        var last: LogIndex { base + terms.count }

        func term(at index: LogIndex) -> Term? {
            index > base && index <= last ? terms[index - base - 1] : nil
        }

        mutating func cut(from index: LogIndex) {
            if index <= last { terms.removeSubrange(max(0, index - base - 1)...) }
            memberships.removeAll { $0.index >= index }
        }

        mutating func restart(after metadata: SnapshotMetadata) {
            base = metadata.index
            terms = []
            memberships = [(index: metadata.membershipIndex, membership: metadata.membership)]
        }
    }

    /// By index, from 1: the first entry seen there, and those of other terms.
    private var known: [Known?] = []
    private var others: [LogIndex: [Known]] = [:]
    private var committed: [Committed?] = []
    private var servers: [Int: ServerLog] = [:]
    /// Changes of the peer set that leaders have appended within this step.
    private var changes: [(host: Int, node: String, index: LogIndex, term: Term)] = []

    mutating func check(_ fact: Fact, _ host: Int, _ node: String) -> [String] {
        switch fact {
        case .started(let recovery): return began(recovery, host, node)
        case .wrote(let batch): return wrote(batch, host, node)
        case .installed(let metadata):
            installed(metadata, host)
            return []
        case .saved(let metadata, _): return saved(metadata, host, node)
        case .observed(.becameLeader(let term)): return elected(term, host, node)
        case .observed(.applied(let index, let term, _)): return applied(index, term, host, node)
        default: return []
        }
    }

    // MARK: Logs

    private mutating func began(_ recovery: RaftRecovery, _ host: Int, _ node: String) -> [String] {
        var log = ServerLog()
        log.term = recovery.hardState.term
        if let snapshot = recovery.snapshot {
            log.restart(after: snapshot)
            log.nextApplied = snapshot.index.next
        }
        servers[host] = log
        // A log without the snapshot's last entry gives way to it.
        let last = recovery.entries.first { $0.index == log.base }
        if let last, let snapshot = recovery.snapshot, last.term != snapshot.term { return [] }
        return append(recovery.entries.filter { $0.index > log.base }, host, node)
    }

    private mutating func wrote(_ batch: WriteBatch, _ host: Int, _ node: String) -> [String] {
        if let state = batch.hardState { servers[host]?.term = state.term }
        if let start = batch.truncateFrom {
            servers[host]?.cut(from: start)
            if let server = servers[host], start < server.nextApplied {
                return ["Raft §5.4: \(node) cuts its log at \(start), which it has applied"]
            }
        }
        return append(batch.entries, host, node)
    }

    private mutating func append(_ entries: [LogEntry], _ host: Int, _ node: String) -> [String] {
        guard !entries.isEmpty, var log = servers.removeValue(forKey: host) else { return [] }
        defer { servers[host] = log }
        for entry in entries {
            guard entry.index == log.last.next else {
                return ["Raft §5.3: \(node) writes entry \(entry.index) behind \(log.last)"]
            }
            var digest = EventHash()
            digest.combine(UInt64(entry.kind.rawValue))
            digest.combine(entry.data)
            let previous = log.term(at: log.last)
            log.terms.append(entry.term)
            if entry.kind == .membership, let membership = Self.membership(in: entry) {
                log.memberships.append((index: entry.index, membership: membership))
                if log.leadsIn == entry.term {
                    changes.append((host: host, node: node, index: entry.index, term: entry.term))
                }
            }
            // What stands before a log's first entry is not known here.
            guard let previous = entry.index == LogIndex(1) ? .zero : previous else { continue }
            let found = Known(term: entry.term, digest: digest.value, previousTerm: previous)
            if let violation = match(found, at: entry.index, node) { return [violation] }
        }
        return []
    }

    private mutating func match(_ found: Known, at index: LogIndex, _ node: String) -> String? {
        let place = Int(clamping: index.value) - 1
        while known.count <= place { known.append(nil) }
        guard let first = known[place] else {
            known[place] = found
            return nil
        }
        guard let same = first.term == found.term ? first : others[index]?.first(where: { $0.term == found.term })
        else {
            others[index, default: []].append(found)
            return nil
        }
        guard same.digest != found.digest || same.previousTerm != found.previousTerm else { return nil }
        let what = same.digest != found.digest ? "another entry" : "another entry before it"
        return "Raft §5.3 log matching: \(node) has \(what) at index \(index) of term \(found.term) than its peers"
    }

    /// Raft §7: what follows the snapshot's last entry stays, when the log holds that entry.
    private mutating func installed(_ metadata: SnapshotMetadata, _ host: Int) {
        guard var log = servers[host] else { return }
        if log.term(at: metadata.index) != metadata.term { log.restart(after: metadata) }
        log.nextApplied = metadata.index.next
        servers[host] = log
    }

    private static func membership(in entry: LogEntry) -> Membership? {
        var reader = MessagePackReader(entry.data)
        return try? Membership(from: &reader)
    }

    // MARK: Commits

    /// Raft §5.4.3: in order, each entry once, and all servers the same one. `SafetyChecker` compares what they hold.
    private mutating func applied(_ index: LogIndex, _ term: Term, _ host: Int, _ node: String) -> [String] {
        guard let log = servers[host] else { return [] }
        servers[host]?.appliedTerm = term
        servers[host]?.nextApplied = index.next
        let place = Int(clamping: index.value) - 1
        while committed.count <= place { committed.append(nil) }
        if committed[place] == nil { committed[place] = Committed(term: term, knownIn: log.term) }
        guard index != log.nextApplied else { return [] }
        let how = index < log.nextApplied ? "again" : "before \(log.nextApplied)"
        return ["Raft §5.4.3: \(node) applies entry \(index) \(how)"]
    }

    /// Raft §5.4 leader completeness: a leader's log has every entry that was committed in an earlier term.
    private mutating func elected(_ term: Term, _ host: Int, _ node: String) -> [String] {
        servers[host]?.leadsIn = term
        guard let log = servers[host] else { return [] }
        let first = Int(clamping: log.base.value)
        guard first < committed.count else { return [] }
        for place in first..<committed.count {
            guard let entry = committed[place], entry.knownIn < term else { continue }
            let index = LogIndex(UInt64(place) + 1)
            guard log.term(at: index) != entry.term else { continue }
            let own = log.term(at: index).map { "has one of term \($0) there" } ?? "ends at \(log.last)"
            return [
                "Raft §5.4 leader completeness: \(node) leads in term \(term) without entry \(index) of term "
                    + "\(entry.term), which was committed by term \(entry.knownIn): its log \(own)"
            ]
        }
        return []
    }

    // MARK: Peer sets

    /// A leader changes the peer set only when an entry of its own term is committed (thesis §4.1 and its later
    /// correction: two changes of two terms could else be decided by quorums without a common server).
    mutating func endOfStep() -> [String] {
        defer { changes.removeAll() }
        return changes.compactMap { change in
            guard let log = servers[change.host], log.appliedTerm != change.term else { return nil }
            return "Raft thesis §4.1: \(change.node) changes the peer set at \(change.index) before an entry of its "
                + "term \(change.term) is committed"
        }
    }

    /// Raft §7: a snapshot carries the peer set in force at its index.
    private func saved(_ metadata: SnapshotMetadata, _ host: Int, _ node: String) -> [String] {
        guard let inForce = servers[host]?.memberships.last(where: { $0.index <= metadata.index }),
            inForce.membership != metadata.membership
        else { return [] }
        return [
            "Raft §7: the snapshot of \(node) at \(metadata.index) holds \(metadata.membership.servers.count) servers "
                + "as the peer set, entry \(inForce.index) has \(inForce.membership.servers.count)"
        ]
    }
}
