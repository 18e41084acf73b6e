/// When memory that was freed goes back to the system. The allocator keeps pages that lie below any that is in use:
/// after 5,000 checks have been registered, four fifths of what the process holds.
package struct SpareMemory: Sendable {
    /// Growth that is worth a walk through the heap, some ms for 100 MiB.
    package static let minGrowthBytes = 2 << 20
    /// Between two looks: a burst of work is over by then, and a walk in each of them is less than 0.1 % of a core.
    package static let interval = Duration.seconds(10)

    /// What was left the last time, or has been the least since.
    private var floorBytes: Int
    /// The code that only the start needed has gone.
    package var hasGivenBackProgram = false

    package init(heldBytes: Int) { floorBytes = heldBytes }

    /// Whether so much is held now that giving back is worth its while.
    package mutating func isDue(heldBytes: Int) -> Bool {
        floorBytes = min(floorBytes, heldBytes)
        // A large process moves more before it is walked through again.
        return heldBytes - floorBytes >= max(Self.minGrowthBytes, floorBytes / 16)
    }

    /// - Parameter heldBytes: what is left.
    package mutating func gaveBack(heldBytes: Int) { floorBytes = heldBytes }

    /// Memory that is no file's.
    /// - Parameter statm: of `/proc/self/statm`: pages in all, in memory, and of those the files' (proc(5)).
    package static func heldBytes(statm: String, pageBytes: Int) -> Int? {
        let fields = statm.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        guard fields.count > 2, fields[1] >= fields[2] else { return nil }
        return (fields[1] - fields[2]) * pageBytes
    }

    /// Where the code of a program lies in memory.
    /// - Parameter maps: of `/proc/self/maps`: range, rights, offset, device, inode and path (proc(5)).
    package static func codeRanges(maps: String, program: String) -> [Range<UInt>] {
        maps.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", maxSplits: 5)
            guard fields.count == 6, fields[1] == "r-xp", fields[5].drop(while: { $0 == " " }) == program else {
                return nil
            }
            let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            return ends.count == 2 && ends[0] < ends[1] ? ends[0]..<ends[1] : nil
        }
    }
}
