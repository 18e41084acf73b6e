package import RaftCore

/// Makes the bytes of one log segment. A value: keep a copy to encode the same group again after a failed write.
///
/// A segment begins with its header and the hard state, so that the segments before it can go. A group of batches
/// is one write at `position`, then one sync; nothing is written after it before that sync has succeeded.
package struct SegmentWriter: Equatable, Sendable {
    package let sequence: UInt64
    /// Where the next group goes.
    package private(set) var position: Int
    private var encoder: RecordEncoder

    /// - Returns: the writer, and the segment's first bytes for position 0.
    package static func begin(
        identity: FileIdentity, sequence: UInt64, hardState: HardState
    ) -> (writer: SegmentWriter, bytes: [UInt8]) {
        var bytes = FileHeader(kind: .log, identity: identity, sequence: sequence).encode()
        let seed = bytes.number(at: bytes.count - 4, as: UInt32.self) ?? 0
        var encoder = RecordEncoder(seed: seed)
        LogRecord.append(hardState, with: &encoder, to: &bytes)
        return (SegmentWriter(sequence: sequence, position: bytes.count, encoder: encoder), bytes)
    }

    /// Goes on where a replay ended.
    package init(resuming tail: LogTail) {
        sequence = tail.sequence
        position = tail.position
        encoder = RecordEncoder(seed: tail.seed, nextNumber: tail.nextNumber)
    }

    private init(sequence: UInt64, position: Int, encoder: RecordEncoder) {
        self.sequence = sequence
        self.position = position
        self.encoder = encoder
    }

    package static func byteCount(of batch: WriteBatch) -> Int { LogRecord.byteCount(of: batch) }

    /// - Returns: the bytes of one group, for `position` as it was before.
    package mutating func encode(_ group: some Collection<WriteBatch>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(group.reduce(0) { $0 + Self.byteCount(of: $1) })
        encoder.beginGroup()
        for batch in group { LogRecord.append(batch, with: &encoder, to: &bytes) }
        position += bytes.count
        return bytes
    }

    package mutating func encode(_ batch: WriteBatch) -> [UInt8] { encode(CollectionOfOne(batch)) }
}
