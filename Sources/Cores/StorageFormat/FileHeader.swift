package import FederationModel
import WireFormat

/// Whose file it is.
package struct FileIdentity: Equatable, Sendable {
    /// `.none` in files made before the cluster was bootstrapped: not yet known, which agrees with any cluster.
    package var clusterID: ClusterID
    /// At most `FileHeader.maxDatacenterBytes` bytes.
    package var datacenter: String
    package var nodeID: NodeID

    package init(clusterID: ClusterID = .none, datacenter: String, nodeID: NodeID) {
        self.clusterID = clusterID
        self.datacenter = datacenter
        self.nodeID = nodeID
    }
}

/// The first bytes of every file.
///
/// | offset | bytes | what |
/// | --- | --- | --- |
/// | 0 | 8 | magic `isthmus\n` |
/// | 8 | 4 | format version; these first 12 bytes never change |
/// | 12 | 1 | kind |
/// | 13 | 1 | n, bytes of the datacenter's name |
/// | 14 | 2 | zero |
/// | 16 | 8 | cluster ID, zero when not known yet |
/// | 24 | 16 | node ID |
/// | 40 | 8 | sequence: of a log segment its number, else a log index |
/// | 48 | n | datacenter |
/// | | | zeros, so that the whole is a multiple of 8 |
/// | last 4 | 4 | CRC-32 of everything before |
package struct FileHeader: Equatable, Sendable {
    package enum Kind: UInt8, Sendable {
        case log = 1
        case snapshot = 2
        /// Nothing but a header: its sequence is the commit index.
        case commit = 3
    }

    package static let magic = Array("isthmus\n".utf8)
    /// What this build writes; it reads every version from 1 on.
    package static let formatVersion: UInt32 = 1
    package static let maxDatacenterBytes = 255

    package var kind: Kind
    package var identity: FileIdentity
    package var sequence: UInt64

    package init(kind: Kind, identity: FileIdentity, sequence: UInt64) {
        self.kind = kind
        self.identity = identity
        self.sequence = sequence
    }

    package func encode(version: UInt32 = Self.formatVersion) -> [UInt8] {
        let datacenter = Array(identity.datacenter.utf8)
        precondition(datacenter.count <= Self.maxDatacenterBytes, "datacenter name of \(datacenter.count) bytes")
        var bytes = Self.magic
        bytes.append(littleEndian: version)
        bytes += [kind.rawValue, UInt8(datacenter.count), 0, 0]
        bytes.append(littleEndian: identity.clusterID.value)
        bytes.append(littleEndian: identity.nodeID.high)
        bytes.append(littleEndian: identity.nodeID.low)
        bytes.append(littleEndian: sequence)
        bytes += datacenter
        bytes += [UInt8](repeating: 0, count: aligned(bytes.count + 4) - 4 - bytes.count)
        bytes.append(littleEndian: Checksum.crc32(bytes))
        return bytes
    }

    /// Of a file that is nothing but a header.
    /// - Returns: nil when it is not one that this build can read.
    package init?(file bytes: [UInt8]) {
        guard let found = try? Self.decode(bytes, file: "") else { return nil }
        self = found.header
    }

    /// A decoded header, its length, and the checksum that seeds the file's records.
    struct Found {
        var header: FileHeader
        var byteCount: Int
        var checksum: UInt32
    }

    /// - Returns: nil when the file was never filled: it ends or turns to zeros within its header.
    static func decode(_ bytes: [UInt8], file: String) throws(StorageError) -> Found? {
        if !bytes.starts(with: magic) {
            guard magic.starts(with: bytes.prefix(bytes.endOfData())) else { throw .notOurs(file: file) }
            return nil
        }
        guard let version = bytes.number(at: 8, as: UInt32.self) else { return nil }
        guard version <= formatVersion else {
            throw .newerFormat(file: file, found: version, known: formatVersion)
        }
        guard bytes.count >= 48 else { return nil }
        let count = Int(bytes[13])
        let byteCount = aligned(48 + count + 4)
        guard let checksum = bytes.number(at: byteCount - 4, as: UInt32.self) else { return nil }
        let matches = checksum == Checksum.crc32(bytes, in: 0..<byteCount - 4)
        if !matches && bytes.endOfData() <= byteCount { return nil }
        guard matches, version >= 1,
            let kind = Kind(rawValue: bytes[12]),
            let clusterID = bytes.number(at: 16, as: UInt64.self),
            let high = bytes.number(at: 24, as: UInt64.self), let low = bytes.number(at: 32, as: UInt64.self),
            let sequence = bytes.number(at: 40, as: UInt64.self),
            let datacenter = String(validating: bytes[48..<48 + count], as: UTF8.self)
        else {
            throw .corrupted(file: file, record: "the header", offset: 0, reason: "its checksum does not match")
        }
        let identity = FileIdentity(
            clusterID: ClusterID(clusterID), datacenter: datacenter, nodeID: NodeID(high: high, low: low))
        let header = FileHeader(kind: kind, identity: identity, sequence: sequence)
        return Found(header: header, byteCount: byteCount, checksum: checksum)
    }
}

extension FileIdentity {
    /// Compares with what a file or an entry says, and learns the cluster from it when it was not known.
    mutating func confirm(_ other: FileIdentity, file: String) throws(StorageError) {
        guard other.datacenter == datacenter else {
            throw .otherDatacenter(file: file, found: other.datacenter, expected: datacenter)
        }
        guard other.nodeID == nodeID else {
            throw .otherNode(file: file, found: other.nodeID, expected: nodeID)
        }
        try confirm(other.clusterID, file: file)
    }

    mutating func confirm(_ other: ClusterID, file: String) throws(StorageError) {
        guard other != .none else { return }
        guard clusterID == .none || clusterID == other else {
            throw .otherCluster(file: file, found: other, expected: clusterID)
        }
        clusterID = other
    }
}
