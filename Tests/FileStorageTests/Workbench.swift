import FederationModel
import FileStorage
import Foundation
import RaftCore
import StorageFormat
import Testing
import WireFormat

let node = NodeID(high: 0x1111_2222_3333_4444, low: 0x8555_6666_7777_8888)
let cluster = ClusterID(0xC0FF_EE00_1234_5678)

/// A fresh directory, removed with its last reference.
final class TemporaryDirectory: Sendable {
    let path: String
    var data: String { "\(path)/data" }

    init() throws {
        path = NSTemporaryDirectory() + "isthmus-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// What a storage reports, for tests to wait for.
final class Reports: @unchecked Sendable {
    private let condition = NSCondition()
    private var reports: [StorageReport] = []

    var all: [StorageReport] { condition.withLock { reports } }

    func add(_ report: StorageReport) {
        condition.withLock {
            reports.append(report)
            condition.broadcast()
        }
    }

    /// The first report for which the body gives something; a test that waits 20 s fails.
    func first<Result>(_ name: String, _ body: (StorageReport) -> Result?) throws -> Result {
        let deadline = Date(timeIntervalSinceNow: 20)
        condition.lock()
        defer { condition.unlock() }
        while true {
            for report in reports {
                if let result = body(report) { return result }
            }
            try #require(condition.wait(until: deadline), "no report of \(name) within 20 s: \(reports)")
        }
    }

    func persisted(through sequence: UInt64) throws {
        _ = try first("persisted through \(sequence)") { report in
            if case .persisted(let through) = report, through >= sequence { true } else { nil }
        }
    }

    func saved(_ index: UInt64) throws {
        _ = try first("snapshot at \(index)") { report in
            if case .snapshotSaved(let metadata) = report, metadata.index == LogIndex(index) { true } else { nil }
        }
    }
}

struct Bench {
    var storage: Storage
    var contents: StorageContents
    var reports: Reports

    init(
        _ directory: String, datacenter: String = "dc1", nodeID: NodeID? = node, segmentBytes: Int = 1 << 16
    ) throws(StorageError) {
        let reports = Reports()
        var options = StorageOptions()
        options.segmentBytes = segmentBytes
        (storage, contents) = try Storage.open(
            directory: directory, datacenter: datacenter, nodeID: nodeID, options: options, report: reports.add)
        self.reports = reports
    }

    /// One batch, durable when this returns.
    func write(_ batch: WriteBatch, sequence: UInt64) throws {
        storage.submit(batch, sequence: sequence)
        try reports.persisted(through: sequence)
    }

    func write(_ range: ClosedRange<UInt64>, term: UInt64 = 1, bytes: Int = 100) throws {
        for index in range {
            storage.submit(WriteBatch(entries: [entry(index, term: term, bytes: bytes)]), sequence: index)
        }
        try reports.persisted(through: range.upperBound)
    }
}

func entry(_ index: UInt64, term: UInt64 = 1, bytes: Int = 100) -> LogEntry {
    let data = (0..<bytes).map { UInt8(truncatingIfNeeded: Int(index) &* 31 &+ $0) }
    return LogEntry(term: Term(term), index: LogIndex(index), kind: .command, data: data)
}

func entries(_ range: ClosedRange<UInt64>, term: UInt64 = 1, bytes: Int = 100) -> [LogEntry] {
    range.map { entry($0, term: term, bytes: bytes) }
}

func snapshot(at index: UInt64, term: UInt64 = 1) -> SnapshotMetadata {
    let server = RaftServer(
        id: node, name: "s1", endpoint: Endpoint(IPAddress(127, 0, 0, 1), 8300), suffrage: .voter)
    return SnapshotMetadata(
        index: LogIndex(index), term: Term(term), membership: Membership([server]), membershipIndex: LogIndex(2),
        clusterID: cluster)
}

/// Every file below a directory with its bytes and permissions.
func picture(_ directory: String) throws -> [String: String] {
    var picture: [String: String] = [:]
    let files = FileManager.default
    for name in try files.subpathsOfDirectory(atPath: directory) {
        let path = "\(directory)/\(name)"
        let bytes = files.contents(atPath: path).map { Checksum.crc32([UInt8]($0)) }
        let mode = try files.attributesOfItem(atPath: path)[.posixPermissions] ?? 0
        picture[name] = "\(mode) \(bytes.map { String($0) } ?? "folder")"
    }
    return picture
}

func segmentNames(_ directory: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(directory)/raft").filter { $0.hasSuffix(".seg") }.sorted()
}

/// Changes a file's bytes behind the storage's back.
func edit(_ path: String, _ change: (inout [UInt8]) -> Void) throws {
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    change(&bytes)
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.write(contentsOf: Data(bytes))
    try file.truncate(atOffset: UInt64(bytes.count))
    try file.close()
}
