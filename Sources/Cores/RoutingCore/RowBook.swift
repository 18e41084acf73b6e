import Determinism
import FederationModel

/// Rows of other servers as pings' answers brought them: of each server the newest.
struct RowBook: Sendable {
    struct Held: Sendable {
        var row: ReachabilityRow
        /// When it was written, on the own clock.
        var written: Instant
        /// What the row says of the datacenters that are judged, in their order; nil: nothing.
        fileprivate var words: [Verdict?] = []
        /// Of the names that `words` were made for; 0: they are not made yet.
        fileprivate var generation = 0

        init(row: ReachabilityRow, written: Instant) {
            self.row = row
            self.written = written
        }

        /// Both lists are sorted.
        fileprivate mutating func findWords(on names: [String], _ generation: Int) {
            self.generation = generation
            words = []
            words.reserveCapacity(names.count)
            var entries = row.entries[...]
            for name in names {
                while let entry = entries.first, entry.datacenter < name { entries.removeFirst() }
                words.append(entries.first.flatMap { $0.datacenter == name ? $0.verdict : nil })
            }
        }
    }

    /// Datacenters; further ones are not kept. Twice as many as a row of 4 KiB has entries for.
    static let maxDatacenterCount = 128
    /// Of one datacenter: as many servers as a round of pings asks.
    static let maxServerCount = 7
    /// Entries of a row that are kept.
    static let maxEntryCount = 128
    /// A row is dropped then: also when its server's calendar was set back, so that what it writes now looks old.
    static let maxAge = Duration.seconds(60)

    /// A server not heard for so long has not been counted meanwhile.
    private static let silence = Duration.seconds(5)

    /// By datacenter, each list sorted by server.
    private var rows: [String: [Held]] = [:]

    /// - Returns: whether it may change what is known of who reaches whom.
    mutating func learn(_ carried: CarriedRow, at now: Instant) -> Bool {
        let row = carried.row
        guard carried.age >= .zero, carried.age < Self.maxAge, row.entries.count <= Self.maxEntryCount else {
            return false
        }
        var held = Held(row: row, written: now - carried.age)
        // What comes from outside may have another order.
        if !zip(row.entries, row.entries.dropFirst()).allSatisfy({ $0.datacenter < $1.datacenter }) {
            held.row.entries.sort { $0.datacenter < $1.datacenter }
        }
        var list = rows[row.datacenter] ?? []
        if let index = list.firstIndex(where: { $0.row.server == row.server }) {
            let old = list[index]
            if row.stamp == old.row.stamp, held.written > old.written {
                // Somebody heard later that it holds.
                rows[row.datacenter]?[index].written = held.written
                return now - old.written > Self.silence
            }
            guard row.stamp > old.row.stamp || now - old.written >= Self.maxAge else { return false }
            list[index] = held
            rows[row.datacenter] = list
            return !Self.saysTheSame(old.row, held.row) || now - old.written > Self.silence
        }
        list.removeAll { now - $0.written >= Self.maxAge }
        if list.count >= Self.maxServerCount { return false }
        if rows[row.datacenter] == nil && rows.count >= Self.maxDatacenterCount {
            rows = rows.filter { $0.value.contains { now - $0.written < Self.maxAge } }
            if rows.count >= Self.maxDatacenterCount { return false }
        }
        list.append(held)
        list.sort { $0.row.server < $1.row.server }
        rows[row.datacenter] = list
        return true
    }

    // Rows are looked at where they stand: these are asked for each ping.

    func stamp(of server: String, in datacenter: String) -> UInt64 {
        guard let (list, place) = place(of: server, in: datacenter) else { return 0 }
        return rows.values[list][place].row.stamp
    }

    private func place(
        of server: String, in datacenter: String
    ) -> (list: Dictionary<String, [Held]>.Index, place: Int)? {
        guard let list = rows.index(forKey: datacenter) else { return nil }
        for place in rows.values[list].indices where rows.values[list][place].row.server == server {
            return (list, place)
        }
        return nil
    }

    /// The server says that its row still holds.
    /// - Returns: whether it may change what is known of who reaches whom.
    mutating func renew(_ server: String, in datacenter: String, at now: Instant) -> Bool {
        guard let (list, place) = place(of: server, in: datacenter) else { return false }
        let old = rows.values[list][place].written
        rows.values[list][place].written = now
        return now - old > Self.silence
    }

    /// - Returns: whether it changes a row that is known.
    mutating func learn(_ announcement: VerdictAnnouncement) -> Bool {
        guard let index = rows[announcement.observer]?.firstIndex(where: { $0.row.server == announcement.server }),
            let held = rows[announcement.observer]?[index], held.row.stamp < announcement.stamp,
            let place = held.row.entries.firstIndex(where: { $0.datacenter == announcement.datacenter }),
            held.row.entries[place].verdict != announcement.verdict
        else { return false }
        var entry = held.row.entries[place]
        entry.verdict = announcement.verdict
        entry.reaches = announcement.verdict.reaches
        entry.since = announcement.stamp
        rows[announcement.observer]?[index].row.entries[place] = entry
        rows[announcement.observer]?[index].generation = 0
        return true
    }

    private static func saysTheSame(_ left: ReachabilityRow, _ right: ReachabilityRow) -> Bool {
        left.entries.elementsEqual(right.entries) {
            $0.datacenter == $1.datacenter && $0.verdict == $1.verdict && $0.hears == $1.hears
        }
    }

    /// - Parameter age: rows older than this are left out.
    func held(of datacenter: String, within age: Duration, at now: Instant) -> [Held] {
        (rows[datacenter] ?? []).filter { now - $0.written < age }
    }

    /// What the datacenters of `names` that can be heard say of each of them, each with one voice, in the order of
    /// `names`. Nobody speaks of itself.
    /// - Parameters:
    ///   - names: sorted.
    ///   - generation: another one, never 0, whenever `names` are others.
    ///   - age: rows older than this say nothing.
    ///   - mayVote: of a place among `names`.
    mutating func votes(
        on names: [String], generation: Int, within age: Duration, at now: Instant, of mayVote: (Int) -> Bool
    ) -> [VerdictCount] {
        var votes = [VerdictCount](repeating: VerdictCount(), count: names.count)
        var voices = votes
        for (voter, name) in names.enumerated() where mayVote(voter) {
            guard let position = rows.index(forKey: name) else { continue }
            var servers = 0
            for server in rows.values[position].indices where now - rows.values[position][server].written < age {
                if rows.values[position][server].generation != generation {
                    rows.values[position][server].findWords(on: names, generation)
                }
                if servers == 0 { for place in voices.indices { voices[place] = VerdictCount() } }
                servers += 1
                let words = rows.values[position][server].words
                for place in words.indices { if let word = words[place] { voices[place].add(word) } }
            }
            guard servers > 0 else { continue }
            for place in voices.indices where place != voter {
                if let word = voices[place].majority { votes[place].add(word) }
            }
        }
        return votes
    }

    /// Of the newest row of a datacenter.
    func lastWritten(of datacenter: String) -> Instant? {
        guard let list = rows.index(forKey: datacenter) else { return nil }
        var last: Instant?
        for place in rows.values[list].indices {
            let written = rows.values[list][place].written
            last = max(last ?? written, written)
        }
        return last
    }

    mutating func forget(_ datacenter: String) { rows[datacenter] = nil }
}
