import Determinism

/// Changes sound inputs in the ways that readers get wrong: lengths, counts, ends, nesting and repetition.
struct Mutator {
    /// Larger inputs only take longer: every limit of ours that is worth reaching lies below, or is reached by a length
    /// that lies.
    static let maxBytes = 128 << 10

    let samples: [[UInt8]]

    func input(_ random: inout SeededRandom) -> [UInt8] {
        var bytes = samples.randomElement(using: &random) ?? []
        switch Int.random(in: 0..<64, using: &random) {
        case 0: return bytes
        case 1:
            let count = Int.random(in: 0...256, using: &random)
            return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        default:
            repeat { mutate(&bytes, &random) } while Int.random(in: 0..<3, using: &random) > 0
            return bytes.count > Self.maxBytes ? Array(bytes.prefix(Self.maxBytes)) : bytes
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        let range = range(of: bytes, from: place, &random)
        switch Int.random(in: 0..<14, using: &random) {
        case 0: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
        case 1: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &random) }
        case 2: if place < bytes.count { bytes[place] = Self.edgeBytes.randomElement(using: &random) ?? 0 }
        case 3: bytes.removeSubrange(range)
        case 4: bytes.insert(contentsOf: Array(bytes[range]), at: place)
        case 5: bytes.insert(contentsOf: repeated(Array(bytes[range].prefix(64)), &random), at: place)
        case 6: bytes.removeSubrange(place...)
        case 7:
            let other = samples.randomElement(using: &random) ?? []
            let start = Int.random(in: 0...other.count, using: &random)
            bytes = Array(bytes[..<place] + other[start...])
        case 8:
            let other = samples.randomElement(using: &random) ?? []
            let piece = self.range(of: other, from: Int.random(in: 0...other.count, using: &random), &random)
            bytes.insert(contentsOf: other[piece], at: place)
        case 9, 10: overwrite(&bytes, at: place, &random)
        case 11: bytes.insert(contentsOf: Self.lyingLengths.randomElement(using: &random) ?? [], at: place)
        case 12:
            let opener = Self.openers.randomElement(using: &random) ?? []
            bytes.insert(contentsOf: repeated(opener, &random), at: place)
        default: replaceDigits(&bytes, &random)
        }
    }

    private static let edgeBytes: [UInt8] = [0, 1, 0x7F, 0x80, 0xC0, 0xFE, 0xFF, 10, 13, 32, 34, 47, 92]

    /// MessagePack headers that promise more than there is.
    private static let lyingLengths: [[UInt8]] = [
        [0xDD, 255, 255, 255, 255], [0xDF, 255, 255, 255, 255], [0xDB, 255, 255, 255, 255], [0xC6, 127, 255, 255, 255],
        [0xDC, 255, 255], [0xDE, 255, 255], [0xDA, 255, 255], [0x9F], [0x8F], [0xBF], [0xC1], [0xC0],
        [0xCF, 255, 255, 255, 255, 255, 255, 255, 255], [0xD3, 128, 0, 0, 0, 0, 0, 0, 0],
        [0xCB, 127, 240, 0, 0, 0, 0, 0, 0],
    ]

    /// What begins a value within a value.
    private static let openers: [[UInt8]] = [
        [0x91], [0x81, 0xA1, 0x61], Array("[".utf8), Array("{\"a\":".utf8), Array("- ".utf8), Array("\n a:".utf8),
        Array("%2".utf8), Array("\\u".utf8), [0xC0, 0x0C], [1, 0x61], Array("&a *a ".utf8),
    ]

    private static let numbers = [
        "0", "-1", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616", "1e999", "-0.0",
        "99999999999999999999999999999999999999h", "65536",
    ]

    private func range(of bytes: [UInt8], from place: Int, _ random: inout SeededRandom) -> Range<Int> {
        let longest = min(bytes.count - place, Bool.random(using: &random) ? 8 : 1024)
        return place..<place + Int.random(in: 0...longest, using: &random)
    }

    private func repeated(_ piece: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        // Seldom many: large inputs find little more than slow readers.
        let most = Int.random(in: 0..<16, using: &random) == 0 ? 4096 : 8
        let count = min(Int.random(in: 1...most, using: &random), Self.maxBytes / max(1, piece.count))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * piece.count)
        for _ in 0..<count { bytes += piece }
        return bytes
    }

    /// Puts a whole number of 2, 4 or 8 bytes at the edge of its range, in either byte order.
    private func overwrite(_ bytes: inout [UInt8], at place: Int, _ random: inout SeededRandom) {
        let width = [2, 4, 8].randomElement(using: &random) ?? 4
        guard place + width <= bytes.count else { return }
        let edges: [UInt64] = [0, 1, .max, .max - 1, .max >> 1, 1 << 63, 1 << 31, UInt64(bytes.count), 0x7FFF_FFFF]
        let number = edges.randomElement(using: &random) ?? 0
        let isBigEndian = Bool.random(using: &random)
        for position in 0..<width {
            let shift = UInt64(8 * (isBigEndian ? width - 1 - position : position))
            bytes[place + position] = UInt8(truncatingIfNeeded: number >> shift)
        }
    }

    private func replaceDigits(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        let isDigit = { (byte: UInt8) in (48...57).contains(byte) }
        let place = Int.random(in: 0...bytes.count, using: &random)
        guard let start = bytes[place...].prefix(256).firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        bytes.replaceSubrange(start..<end, with: (Self.numbers.randomElement(using: &random) ?? "").utf8)
    }
}
