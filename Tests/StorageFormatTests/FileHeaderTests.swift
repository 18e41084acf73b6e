import FederationModel
import RaftCore
import StorageFormat
import Testing
import WireFormat

@Suite struct FileHeaderTests {
    @Test("CRC-32 has its check value at every split")
    func checksum() {
        let bytes = Array("123456789".utf8)
        for split in 0...bytes.count {
            let seed = Checksum.crc32(bytes, in: 0..<split)
            #expect(Checksum.crc32(bytes, in: split..<bytes.count, seed: seed) == 0xCBF4_3926)
        }
    }

    @Test func anotherOwnerIsNamed() {
        var other = identity
        other.nodeID = NodeID(high: 1, low: 2)
        #expect(throws: StorageError.otherNode(file: "log-1", found: other.nodeID, expected: identity.nodeID)) {
            try replay([segment([], of: other).bytes])
        }
        other = identity
        other.datacenter = "dc2"
        let error = #expect(throws: StorageError.self) { try replay([segment([], of: other).bytes]) }
        #expect(error?.description == "log-1 belongs to datacenter \"dc2\", this agent is in \"dc1\"")
    }

    @Test("A cluster ID is learned once; another one is refused")
    func clusterID() throws {
        var known = identity
        known.clusterID = cluster
        let first = segment([[WriteBatch(entries: entries(1...2))]]).bytes
        let second = segment([], sequence: 2, of: known).bytes
        #expect(try replay([first]).identity.clusterID == .none)
        #expect(try replay([first, second]).identity.clusterID == cluster)
        #expect(try replay([first, segment([], sequence: 2).bytes]).identity.clusterID == .none)
        #expect(try replay([first], snapshot: snapshot(at: 1)).identity.clusterID == cluster)
        known.clusterID = ClusterID(99)
        let third = segment([], sequence: 3, of: known).bytes
        #expect(throws: StorageError.otherCluster(file: "log-3", found: ClusterID(99), expected: cluster)) {
            try replay([first, second, third])
        }
    }

    @Test func aNewerFormatNamesBothVersions() {
        let bytes = FileHeader(kind: .log, identity: identity, sequence: 1).encode(version: 2)
        let error = #expect(throws: StorageError.self) { try replay([bytes]) }
        #expect(error == .newerFormat(file: "log-1", found: 2, known: 1))
        #expect(error?.description == "log-1 has format version 2; this build reads versions up to 1")
    }

    @Test func anotherProgramsFileIsNotOurs() {
        #expect(throws: StorageError.notOurs(file: "log-1")) { try replay([Array("SQLite format 3".utf8)]) }
        let file = SnapshotWriter.encode(snapshot(at: 5), data: [], identity: identity)
        #expect(throws: StorageError.notOurs(file: "log-1")) { try replay([file]) }
    }

    @Test("A damaged header is refused when anything follows it")
    func damagedHeader() {
        for position in 12..<56 {
            var bytes = segment(someGroups).bytes
            bytes[position] ^= 0x40
            let error = #expect(throws: StorageError.self) { try replay([bytes]) }
            guard case .corrupted("log-1", "the header", 0, _) = error else {
                Issue.record("byte \(position): \(String(describing: error))")
                continue
            }
        }
    }
}

@Suite struct SnapshotFileTests {
    @Test("Data of any size comes back", arguments: [0, 1, 8, SnapshotWriter.chunkBytes, SnapshotWriter.chunkBytes + 3])
    func roundTrip(count: Int) throws {
        let data = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let bytes = SnapshotWriter.encode(snapshot(at: 12), data: data, identity: identity)
        let file = try SnapshotFile(bytes, file: "s", expecting: identity)
        #expect(file.metadata == snapshot(at: 12))
        #expect(file.data == data)
    }

    @Test func everyTruncationAndFlippedByteIsRefused() {
        let bytes = SnapshotWriter.encode(snapshot(at: 12), data: [1, 2, 3], identity: identity)
        for position in 0..<bytes.count {
            var damaged = bytes
            damaged[position] ^= 1
            #expect(throws: StorageError.self) { try SnapshotFile(damaged, file: "s", expecting: identity) }
            #expect(throws: StorageError.self) {
                try SnapshotFile(Array(bytes[..<position]), file: "s", expecting: identity)
            }
        }
    }

    @Test func anotherClusterIsRefused() {
        var known = identity
        known.clusterID = ClusterID(5)
        let bytes = SnapshotWriter.encode(snapshot(at: 12), data: [], identity: identity)
        #expect(throws: StorageError.otherCluster(file: "s", found: cluster, expected: ClusterID(5))) {
            try SnapshotFile(bytes, file: "s", expecting: known)
        }
    }
}
