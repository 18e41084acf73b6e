import Determinism

/// Messages that the network lost or held up, each by itself while they are few; of many, those of one pair and kind
/// that lie close together become one row with their count.
struct TimelineLosses: Sendable {
    struct Row: Equatable, Sendable {
        var time: Duration
        /// Of the last of them.
        var last: Duration
        var from: Int
        /// Nil: several, when even one row for each pair would be too many.
        var to: Int?
        /// Place in `words`.
        var what: Int
        var count = 1
    }

    private struct Key: Hashable, Sendable {
        var from: Int
        var to: Int?
        var what: Int
    }

    /// About 600 KiB of a page, and still a row for each pixel of ten screens.
    static let maxCount = 20_000

    private(set) var rows: [Row] = []
    private(set) var words: [String] = []
    private(set) var count = 0
    private var placeOf: [String: Int] = [:]
    /// Losses of one key closer than this are one row; zero: none are.
    private(set) var grain = Duration.zero
    private var knowsReceivers = true
    private var latest: [Key: Int] = [:]

    mutating func add(from: Int, to: Int, what: String, at time: Duration) {
        count += 1
        let word = placeOf[what] ?? words.count
        if word == words.count {
            placeOf[what] = word
            words.append(what)
        }
        add(Row(time: time, last: time, from: from, to: to, what: word))
        while rows.count > Self.maxCount { coarsen() }
    }

    private mutating func add(_ row: Row) {
        var row = row
        if !knowsReceivers { row.to = nil }
        let key = Key(from: row.from, to: row.to, what: row.what)
        if grain > .zero, let place = latest[key], row.last - rows[place].time < grain {
            rows[place].last = row.last
            rows[place].count += row.count
            return
        }
        latest[key] = rows.count
        rows.append(row)
    }

    /// Ends: with a grain beyond the run and without receivers, there are as many rows as lanes times words.
    private mutating func coarsen() {
        grain = max(.milliseconds(10), grain * 2)
        if grain > .seconds(10) { knowsReceivers = false }
        let old = rows
        rows = []
        latest = [:]
        for row in old { add(row) }
    }
}
