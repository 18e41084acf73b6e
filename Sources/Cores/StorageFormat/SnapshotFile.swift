import FederationModel
package import RaftCore
import WireFormat

/// Makes the bytes of a snapshot file: `head`, then `chunk`s of the data in order, then `end`.
///
/// The metadata is a MessagePack array `[index, term, membership index, cluster ID, membership]`; the end holds the
/// count of the data's bytes.
package struct SnapshotWriter: Sendable {
    /// Of one record: what a reader holds twice.
    package static let chunkBytes = 1 << 20

    package let head: [UInt8]
    private var encoder: RecordEncoder
    private var dataCount: UInt64 = 0

    /// - Parameter identity: its cluster ID gives way to the metadata's.
    package init(_ metadata: SnapshotMetadata, identity: FileIdentity) {
        var identity = identity
        identity.clusterID = metadata.clusterID
        var bytes = FileHeader(kind: .snapshot, identity: identity, sequence: metadata.index.value).encode()
        encoder = RecordEncoder(seed: bytes.number(at: bytes.count - 4, as: UInt32.self) ?? 0)
        encoder.append(.snapshotMetadata, to: &bytes) { bytes in
            var writer = MessagePackWriter()
            writer.writeArrayHeader(5)
            writer.write(metadata.index.value)
            writer.write(metadata.term.value)
            writer.write(metadata.membershipIndex.value)
            writer.write(metadata.clusterID.value)
            metadata.membership.encode(into: &writer)
            bytes += writer.bytes
        }
        head = bytes
    }

    package mutating func chunk(_ data: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(RecordEncoder.byteCount(ofPayload: data.count))
        encoder.append(.snapshotChunk, to: &bytes) { $0 += data }
        dataCount += UInt64(data.count)
        return bytes
    }

    package mutating func end() -> [UInt8] {
        var bytes: [UInt8] = []
        encoder.append(.snapshotEnd, to: &bytes) { [dataCount] in $0.append(littleEndian: dataCount) }
        return bytes
    }

    /// The whole file.
    package static func encode(_ metadata: SnapshotMetadata, data: [UInt8], identity: FileIdentity) -> [UInt8] {
        var writer = SnapshotWriter(metadata, identity: identity)
        var bytes = writer.head
        for start in stride(from: 0, to: data.count, by: chunkBytes) {
            bytes += writer.chunk(data[start..<min(start + chunkBytes, data.count)])
        }
        return bytes + writer.end()
    }
}

/// A snapshot file, read whole.
package struct SnapshotFile: Equatable, Sendable {
    package var metadata: SnapshotMetadata
    package var data: [UInt8]

    /// - Parameter identity: this agent's datacenter and node; the cluster ID may be unknown.
    package init(_ bytes: [UInt8], file: String, expecting identity: FileIdentity) throws(StorageError) {
        guard let found = try FileHeader.decode(bytes, file: file) else {
            throw .corrupted(file: file, record: "the header", offset: 0, reason: "it is empty")
        }
        guard found.header.kind == .snapshot else { throw .notOurs(file: file) }
        var identity = identity
        try identity.confirm(found.header.identity, file: file)

        var reader = RecordReader(bytes, seed: found.checksum, from: found.byteCount)
        var metadata: SnapshotMetadata?
        var data: [UInt8] = []
        var isComplete = false
        while !isComplete {
            let offset = reader.position
            let name = "record \(reader.nextNumber)"
            func corrupted(_ reason: String) -> StorageError {
                .corrupted(file: file, record: name, offset: offset, reason: reason)
            }
            guard case .record(let record) = reader.next() else {
                throw corrupted("it is damaged or the file ends early")
            }
            switch RecordType(rawValue: record.type) {
            case .snapshotMetadata:
                metadata = Self.metadata(bytes, record.payload)
                guard metadata?.index.value == found.header.sequence else { throw corrupted("it is not readable") }
            case .snapshotChunk: data += bytes[record.payload]
            case .snapshotEnd:
                let count = bytes.number(at: record.payload.lowerBound, as: UInt64.self)
                guard count == UInt64(data.count) else { throw corrupted("it counts other data") }
                isComplete = true
            case .hardState, .entry, .truncateFrom, nil:
                throw .unknownRecord(file: file, record: name, offset: offset, type: record.type)
            }
        }
        guard let metadata else {
            throw .corrupted(file: file, record: "record 1", offset: found.byteCount, reason: "no metadata")
        }
        self.metadata = metadata
        self.data = data
    }

    private static func metadata(_ bytes: [UInt8], _ range: Range<Int>) -> SnapshotMetadata? {
        var reader = MessagePackReader(bytes[range])
        do throws(WireError) {
            guard try reader.readArrayHeader() == 5 else { return nil }
            let index = LogIndex(try reader.readUnsigned())
            let term = Term(try reader.readUnsigned())
            let membershipIndex = LogIndex(try reader.readUnsigned())
            let clusterID = ClusterID(try reader.readUnsigned())
            let membership = try Membership(from: &reader)
            guard index.value < UInt64(Int.max) else { return nil }
            return SnapshotMetadata(
                index: index, term: term, membership: membership, membershipIndex: membershipIndex,
                clusterID: clusterID)
        } catch {
            return nil
        }
    }
}
