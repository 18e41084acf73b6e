/// Remembers by its hash what was seen once, so that only what comes again is kept. Forgetful: a later hash takes the
/// place of an earlier one. 4 KiB.
package struct FirstSightings: Sendable {
    private var marks = [UInt32](repeating: 0, count: 1024)

    package init() {}

    /// - Returns: whether the same was seen before, as far as is remembered.
    package mutating func sees(_ hash: Int) -> Bool {
        let bits = UInt(bitPattern: hash)
        let slot = Int(bits % UInt(marks.count))
        let mark = UInt32(truncatingIfNeeded: bits >> 32) | 1
        if marks[slot] == mark { return true }
        marks[slot] = mark
        return false
    }
}
