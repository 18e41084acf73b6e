import FederationModel
import RaftCore
import Testing

// Raft figure 3, looked at after every step.
extension Cluster {
    mutating func checkSafety(_ number: Int) {
        let node = self[number].node
        guard node.isLeader else { return }
        checkLeases()
        // Election Safety.
        if let other = leaders[node.term.value] {
            #expect(other == node.id, "seed \(seed): two leaders in term \(node.term)")
            return
        }
        leaders[node.term.value] = node.id
        // Leader Completeness: whatever is committed is in the log of each later leader.
        for entry in committed where entry.index > node.log.baseIndex {
            #expect(node.log.entry(at: entry.index) == entry, "seed \(seed): leader \(number) lacks \(entry.index)")
        }
        if let last = committed.last { #expect(node.lastIndex >= last.index, "seed \(seed): committed entries lost") }
    }

    /// State Machine Safety: nobody applies another entry at the same index.
    mutating func remember(_ entry: LogEntry) {
        let position = Int(entry.index.value) - 1
        if position < committed.count {
            #expect(committed[position] == entry, "seed \(seed): two entries committed at \(entry.index)")
        } else {
            #expect(position == committed.count, "seed \(seed): applied past what is known at \(entry.index)")
            committed.append(entry)
        }
    }

    /// Log Matching: where two logs have the same term at the same index, they are equal up to there.
    func checkLogMatching() {
        for left in servers {
            for right in servers where left.node.id < right.node.id {
                let low = max(left.node.log.baseIndex, right.node.log.baseIndex).value
                var index = min(left.node.lastIndex, right.node.lastIndex).value
                while index > low, left.node.log.term(at: LogIndex(index)) != right.node.log.term(at: LogIndex(index)) {
                    index -= 1
                }
                while index > low {
                    let same = left.node.log.entry(at: LogIndex(index)) == right.node.log.entry(at: LogIndex(index))
                    #expect(same, "seed \(seed): logs of \(left.node.id) and \(right.node.id) differ at \(index)")
                    index -= 1
                }
            }
        }
    }

    /// Thesis §6.4.1: while a lease runs, nobody leads in a later term.
    func checkLeases() {
        let leaders = servers.filter { $0.isUp && $0.node.isLeader }
        for holder in leaders where holder.node.leaseEnd > now {
            for other in leaders {
                #expect(
                    other.node.term <= holder.node.term,
                    "seed \(seed): \(other.node.id) leads inside the lease of \(holder.node.id)")
            }
        }
    }
}
