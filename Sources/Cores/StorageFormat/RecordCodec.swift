import WireFormat

/// What stands between the header of a file and its end: records, each at a multiple of 8.
///
/// | offset | bytes | what |
/// | --- | --- | --- |
/// | 0 | 4 | CRC-32 of the rest of the record, padding included, seeded with the header's checksum |
/// | 4 | 4 | bytes of the payload |
/// | 8 | 4 | number of the record in its file, from 1 |
/// | 12 | 4 | number of the first record of its group |
/// | 16 | 1 | type |
/// | 17 | | payload, then zeros to a multiple of 8 |
///
/// A *group* is what one sync made durable. A later group was begun only after that sync, so a record may be torn
/// only when no record of a later group is valid. The seed keeps bytes of another file, or of a value that someone
/// stored, from passing for records.
package enum RecordType: UInt8, Sendable {
    case hardState = 1
    case entry = 2
    case truncateFrom = 3
    case snapshotMetadata = 16
    case snapshotChunk = 17
    case snapshotEnd = 18
}

/// Appends records to a file's bytes.
struct RecordEncoder: Equatable, Sendable {
    static let headerByteCount = 17

    let seed: UInt32
    /// Of the next record.
    var number: UInt32
    /// Number of the first record of the current group.
    var groupStart: UInt32

    init(seed: UInt32, nextNumber: UInt32 = 1) {
        self.seed = seed
        number = nextNumber
        groupStart = nextNumber
    }

    static func byteCount(ofPayload count: Int) -> Int { aligned(headerByteCount + count) }

    mutating func beginGroup() { groupStart = number }

    mutating func append(_ type: RecordType, to bytes: inout [UInt8], payload: (inout [UInt8]) -> Void) {
        append(type: type.rawValue, to: &bytes, payload: payload)
    }

    mutating func append(type: UInt8, to bytes: inout [UInt8], payload: (inout [UInt8]) -> Void) {
        let start = bytes.count
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: number)
        bytes.append(littleEndian: groupStart)
        bytes.append(type)
        payload(&bytes)
        let payloadCount = bytes.count - start - Self.headerByteCount
        precondition(payloadCount <= RecordReader.maxPayloadBytes, "record of \(payloadCount) bytes")
        let end = start + Self.byteCount(ofPayload: payloadCount)
        while bytes.count < end { bytes.append(0) }
        bytes.replace(UInt32(payloadCount), at: start + 4)
        bytes.replace(Checksum.crc32(bytes, in: start + 4..<end, seed: seed), at: start)
        number += 1
    }
}

/// Reads records one after another.
struct RecordReader {
    /// Longer payloads are refused on both sides: a limit for a damaged length, far above any batch.
    static let maxPayloadBytes = 1 << 30

    struct Record: Equatable {
        var type: UInt8
        var number: UInt32
        var groupStart: UInt32
        /// Within the file's bytes.
        var payload: Range<Int>
    }

    enum Step: Equatable {
        case record(Record)
        /// Only zeros from here on.
        case end
        /// Unreadable, and nothing durable was written after it: a sync that did not finish.
        case torn
        /// Unreadable, and a later group follows.
        case corrupted(reason: String)
    }

    let bytes: [UInt8]
    let seed: UInt32
    private(set) var position: Int
    private(set) var nextNumber: UInt32 = 1

    init(_ bytes: [UInt8], seed: UInt32, from position: Int) {
        self.bytes = bytes
        self.seed = seed
        self.position = position
    }

    mutating func next() -> Step {
        if let record = record(at: position), record.number == nextNumber, record.groupStart <= record.number {
            position += RecordEncoder.byteCount(ofPayload: record.payload.count)
            nextNumber += 1
            return .record(record)
        }
        let end = bytes.endOfData(from: position)
        if end == position { return .end }
        return laterGroupFollows(until: end)
            ? .corrupted(reason: "it is damaged and valid records follow") : .torn
    }

    /// A record whose checksum matches, whatever its number.
    private func record(at position: Int) -> Record? {
        guard let header = header(at: position) else { return nil }
        let end = position + RecordEncoder.byteCount(ofPayload: header.payload.count)
        let sum = bytes.number(at: position, as: UInt32.self)
        return sum == Checksum.crc32(bytes, in: position + 4..<end, seed: seed) ? header : nil
    }

    private func header(at position: Int) -> Record? {
        guard let count = bytes.number(at: position + 4, as: UInt32.self), count <= Self.maxPayloadBytes,
            let number = bytes.number(at: position + 8, as: UInt32.self), number > 0,
            let groupStart = bytes.number(at: position + 12, as: UInt32.self),
            RecordEncoder.byteCount(ofPayload: Int(count)) <= bytes.count - position
        else { return nil }
        let start = position + RecordEncoder.headerByteCount
        return Record(
            type: bytes[start - 1], number: number, groupStart: groupStart, payload: start..<start + Int(count))
    }

    /// Looks at every aligned position: a damaged length says nothing about where the next record begins. The
    /// numbers are compared before a checksum is taken, which keeps this linear for all but contrived bytes.
    private func laterGroupFollows(until end: Int) -> Bool {
        let highest = Int(nextNumber) + (end - position) / RecordEncoder.byteCount(ofPayload: 0) + 1
        var candidate = position + 8
        while candidate < end {
            if let found = header(at: candidate), found.groupStart > nextNumber, found.groupStart <= found.number,
                Int(found.number) <= highest, record(at: candidate) != nil
            {
                return true
            }
            candidate += 8
        }
        return false
    }
}
