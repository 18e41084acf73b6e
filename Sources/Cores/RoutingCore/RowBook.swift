import Determinism
import FederationModel

/// Rows of other servers as pings' answers brought them: of each server the newest.
struct RowBook: Sendable {
    struct Held: Sendable {
        var row: ReachabilityRow
        /// When it was written, on the own clock.
        var written: Instant
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
        let held = Held(row: row, written: now - carried.age)
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
            return !Self.saysTheSame(old.row, row) || now - old.written > Self.silence
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

    func stamp(of server: String, in datacenter: String) -> UInt64 {
        rows[datacenter]?.first { $0.row.server == server }?.row.stamp ?? 0
    }

    /// The server says that its row still holds.
    /// - Returns: whether it may change what is known of who reaches whom.
    mutating func renew(_ server: String, in datacenter: String, at now: Instant) -> Bool {
        guard let index = rows[datacenter]?.firstIndex(where: { $0.row.server == server }),
            let old = rows[datacenter]?[index].written
        else { return false }
        rows[datacenter]?[index].written = now
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

    func isFresh(_ datacenter: String, within age: Duration, at now: Instant) -> Bool {
        rows[datacenter]?.contains { now - $0.written < age } == true
    }

    mutating func forget(_ datacenter: String) { rows[datacenter] = nil }
}
