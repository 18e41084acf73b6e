/// Finds what somebody meant by a misspelt name.
package enum NearestName {
    /// The candidate of the smallest edit distance, when that is at most a third of the name's length (at least 1,
    /// so `a` for `b` in a short name is found); the first of equals. O(candidates × length²).
    package static func of(_ name: String, among candidates: [String]) -> String? {
        let wanted = Array(name.prefix(64))
        let limit = max(1, wanted.count / 3)
        var best: (name: String, distance: Int)?
        for candidate in candidates where candidate != name {
            // The distance is at least the difference in length: most candidates need no more than that.
            guard abs(min(candidate.count, 64) - wanted.count) <= limit else { continue }
            let distance = distance(wanted, Array(candidate.prefix(64)))
            if distance <= limit && distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// The nearest first, then by name; without regard to case, and as far off as a third of the name's length, at
    /// least 1. Names of the same letters come first. O(candidates × length²).
    package static func all(_ name: String, among candidates: [String], atMost count: Int) -> [String] {
        let wanted = Array(name.lowercased().prefix(64))
        let limit = max(1, wanted.count / 3)
        let found = candidates.compactMap { candidate -> (name: String, distance: Int)? in
            guard candidate != name, abs(min(candidate.count, 64) - wanted.count) <= limit else { return nil }
            let distance = distance(wanted, Array(candidate.lowercased().prefix(64)))
            return distance <= limit ? (candidate, distance) : nil
        }
        return found.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(count).map(\.name)
    }

    /// Of problems that are told together, so many get a hint: nobody reads more of them, and each costs 50 µs. A
    /// command line of 64 KiB of unknown flags would take a second.
    package static let maxHintCount = 32

    /// ` (did you mean "x"?)`, or nothing.
    /// - Parameter problemCount: problems noted before.
    package static func hint(_ name: String, among candidates: [String], after problemCount: Int = 0) -> String {
        guard problemCount < maxHintCount else { return "" }
        return of(name, among: candidates).map { " (did you mean \"\($0)\"?)" } ?? ""
    }

    /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment), with three rows.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var above: [Int] = []
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var next = [i + 1]
            for (j, b) in right.enumerated() {
                var best = min(next[j] + 1, row[j + 1] + 1, row[j] + (a == b ? 0 : 1))
                if i > 0 && j > 0 && a == right[j - 1] && left[i - 1] == b { best = min(best, above[j - 1] + 1) }
                next.append(best)
            }
            (above, row) = (row, next)
        }
        return row[right.count]
    }
}
