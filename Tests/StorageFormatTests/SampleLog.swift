import FederationModel
import RaftCore
import StorageFormat

let identity = FileIdentity(datacenter: "dc1", nodeID: NodeID(high: 0x1111_2222_3333_4444, low: 0x8555_6666_7777_8888))
let cluster = ClusterID(0xC0FF_EE00_1234_5678)

func entry(_ index: UInt64, term: UInt64 = 1, bytes: Int = 5) -> LogEntry {
    let data = (0..<bytes).map { UInt8(truncatingIfNeeded: Int(index) &* 31 &+ $0) }
    return LogEntry(term: Term(term), index: LogIndex(index), kind: .command, data: data)
}

func entries(_ range: ClosedRange<UInt64>, term: UInt64 = 1) -> [LogEntry] { range.map { entry($0, term: term) } }

func snapshot(at index: UInt64, term: UInt64 = 1) -> SnapshotMetadata {
    let server = RaftServer(
        id: identity.nodeID, name: "s1", endpoint: Endpoint(IPAddress(127, 0, 0, 1), 8300), suffrage: .voter)
    return SnapshotMetadata(
        index: LogIndex(index), term: Term(term), membership: Membership([server]), membershipIndex: LogIndex(2),
        clusterID: cluster)
}

/// A segment's bytes with the batches of each group, and the offsets at which a group ends.
func segment(
    _ groups: [[WriteBatch]], sequence: UInt64 = 1, hardState: HardState = HardState(),
    of owner: FileIdentity = identity
) -> (bytes: [UInt8], ends: [Int], writer: SegmentWriter) {
    var (writer, bytes) = SegmentWriter.begin(identity: owner, sequence: sequence, hardState: hardState)
    var ends = [bytes.count]
    for group in groups {
        bytes += writer.encode(group)
        ends.append(bytes.count)
    }
    return (bytes, ends, writer)
}

func replay(_ segments: [[UInt8]], snapshot: SnapshotMetadata? = nil) throws(StorageError) -> LogContents {
    var log = LogReplay(expecting: identity)
    for (position, bytes) in segments.enumerated() {
        try log.read(bytes, file: "log-\(position + 1)", isLast: position == segments.count - 1)
    }
    return try log.contents(snapshot: snapshot)
}

let someGroups: [[WriteBatch]] = [
    [WriteBatch(hardState: HardState(term: Term(1), votedFor: identity.nodeID), entries: entries(1...2))],
    [WriteBatch(entries: [entry(3, bytes: 0)]), WriteBatch(entries: [entry(4, bytes: 40), entry(5)])],
    [WriteBatch(hardState: HardState(term: Term(2)), truncateFrom: LogIndex(4), entries: [entry(4, term: 2)])],
]
let someEntries = entries(1...2) + [entry(3, bytes: 0), entry(4, term: 2)]
