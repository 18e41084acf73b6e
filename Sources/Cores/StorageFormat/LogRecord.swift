import FederationModel
import RaftCore

/// The records of a log segment. Payloads:
///
/// | type | payload |
/// | --- | --- |
/// | hard state | term u64, 0 or 1, then the vote's node ID when 1 |
/// | entry | term u64, index u64, kind u8, data |
/// | truncate from | index u64 |
enum LogRecord: Equatable {
    case hardState(HardState)
    case truncateFrom(LogIndex)
    case entry(LogEntry)

    private static let entryHeaderByteCount = 17

    static func byteCount(of batch: WriteBatch) -> Int {
        var count = 0
        if let hardState = batch.hardState {
            count += RecordEncoder.byteCount(ofPayload: hardState.votedFor == nil ? 9 : 25)
        }
        if batch.truncateFrom != nil { count += RecordEncoder.byteCount(ofPayload: 8) }
        for entry in batch.entries {
            count += RecordEncoder.byteCount(ofPayload: entryHeaderByteCount + entry.data.count)
        }
        return count
    }

    static func append(_ hardState: HardState, with encoder: inout RecordEncoder, to bytes: inout [UInt8]) {
        encoder.append(.hardState, to: &bytes) { bytes in
            bytes.append(littleEndian: hardState.term.value)
            bytes.append(hardState.votedFor == nil ? 0 : 1)
            if let vote = hardState.votedFor {
                bytes.append(littleEndian: vote.high)
                bytes.append(littleEndian: vote.low)
            }
        }
    }

    static func append(_ batch: WriteBatch, with encoder: inout RecordEncoder, to bytes: inout [UInt8]) {
        if let hardState = batch.hardState { append(hardState, with: &encoder, to: &bytes) }
        if let index = batch.truncateFrom {
            encoder.append(.truncateFrom, to: &bytes) { $0.append(littleEndian: index.value) }
        }
        for entry in batch.entries {
            encoder.append(.entry, to: &bytes) { bytes in
                bytes.append(littleEndian: entry.term.value)
                bytes.append(littleEndian: entry.index.value)
                bytes.append(entry.kind.rawValue)
                bytes += entry.data
            }
        }
    }

    enum Decoded {
        case record(LogRecord)
        case unknown(type: UInt8)
        case malformed
    }

    static func decode(_ record: RecordReader.Record, of bytes: [UInt8]) -> Decoded {
        let start = record.payload.lowerBound
        let count = record.payload.count
        switch RecordType(rawValue: record.type) {
        case .hardState:
            guard let term = bytes.number(at: start, as: UInt64.self), count == 9 || count == 25 else {
                return .malformed
            }
            if count == 9 {
                return bytes[start + 8] == 0 ? .record(.hardState(HardState(term: Term(term)))) : .malformed
            }
            guard bytes[start + 8] == 1, let high = bytes.number(at: start + 9, as: UInt64.self),
                let low = bytes.number(at: start + 17, as: UInt64.self)
            else { return .malformed }
            return .record(.hardState(HardState(term: Term(term), votedFor: NodeID(high: high, low: low))))
        case .entry:
            guard count >= entryHeaderByteCount, let term = bytes.number(at: start, as: UInt64.self),
                let index = bytes.number(at: start + 8, as: UInt64.self), index > 0, index < UInt64(Int.max)
            else { return .malformed }
            guard let kind = LogEntry.Kind(rawValue: bytes[start + 16]) else {
                return .unknown(type: bytes[start + 16])
            }
            let data = Array(bytes[start + entryHeaderByteCount..<record.payload.upperBound])
            return .record(.entry(LogEntry(term: Term(term), index: LogIndex(index), kind: kind, data: data)))
        case .truncateFrom:
            guard count == 8, let index = bytes.number(at: start, as: UInt64.self), index > 0, index < UInt64(Int.max)
            else { return .malformed }
            return .record(.truncateFrom(LogIndex(index)))
        case .snapshotMetadata, .snapshotChunk, .snapshotEnd, nil:
            return .unknown(type: record.type)
        }
    }
}
