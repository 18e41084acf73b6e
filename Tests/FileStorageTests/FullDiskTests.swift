import FederationModel
import FileStorage
import Foundation
import RaftCore
import StorageFormat
import Testing

/// A small file system in memory, unmounted with its last reference.
private final class SmallDisk: Sendable {
    let path: String
    private let directory: TemporaryDirectory

    /// - Returns: nil where mounting is not allowed.
    init?(megabytes: Int) throws {
        directory = try TemporaryDirectory()
        path = directory.path + "/disk"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let options = "size=\(megabytes)m,mode=700"
        guard try Self.run("mount", ["-t", "tmpfs", "-o", options, "isthmus-test", path]) == 0 else { return nil }
    }

    deinit { _ = try? Self.run("umount", [path]) }

    private static func run(_ name: String, _ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}

@Suite(.serialized) struct FullDiskTests {
    @Test("A full disk is reported once, loses nothing and is overcome when space returns")
    func fullDisk() throws {
        guard let disk = try SmallDisk(megabytes: 4) else {
            print("skipped: a full disk needs the right to mount a tmpfs")
            return
        }
        let data = "\(disk.path)/data"
        let bench = try Bench(data, segmentBytes: 1 << 18)
        try bench.write(1...2)
        let filler = "\(disk.path)/filler"
        try Data(count: 3 << 20).write(to: URL(fileURLWithPath: filler))
        for index in 3...40 as ClosedRange<UInt64> {
            bench.storage.submit(WriteBatch(entries: [entry(index, bytes: 30_000)]), sequence: index)
        }
        let isFull = try bench.reports.first("a full disk") { report in
            if case .persistFailed(let failure) = report { failure == .full } else { nil }
        }
        #expect(isFull)
        bench.storage.saveFile("big", [UInt8](repeating: 1, count: 1 << 20))
        let small = try bench.reports.first("a refused file") { report in
            if case .fileFailed("big", let failure) = report { failure } else { nil }
        }
        #expect(small == .full)
        bench.storage.retry()
        try FileManager.default.removeItem(atPath: filler)
        bench.storage.retry()
        try bench.reports.persisted(through: 40)
        bench.storage.close()
        let failures = bench.reports.all.filter { if case .persistFailed = $0 { true } else { false } }
        #expect(failures == [.persistFailed(.full)])

        let again = try Bench(data, segmentBytes: 1 << 18)
        #expect(again.contents.recovery.entries == entries(1...2) + entries(3...40, bytes: 30_000))
        again.storage.close()
    }

    @Test("What was acknowledged before the disk filled is there after a restart on the full disk")
    func restartWhenFull() throws {
        guard let disk = try SmallDisk(megabytes: 2) else {
            print("skipped: a full disk needs the right to mount a tmpfs")
            return
        }
        let data = "\(disk.path)/data"
        let bench = try Bench(data, segmentBytes: 1 << 18)
        for index in 1...200 as ClosedRange<UInt64> {
            bench.storage.submit(WriteBatch(entries: [entry(index, bytes: 30_000)]), sequence: index)
        }
        _ = try bench.reports.first("a full disk") { report in
            if case .persistFailed(let failure) = report { failure } else { nil }
        }
        bench.storage.close()
        var persisted: UInt64 = 0
        for case .persisted(let sequence) in bench.reports.all { persisted = sequence }
        #expect(persisted > 0)
        let again = try Bench(data, segmentBytes: 1 << 18)
        #expect(again.contents.recovery.entries == entries(1...persisted, bytes: 30_000))
        again.storage.close()
    }

    @Test func aNewDirectoryOnAFullDiskIsRefusedAndNothingStays() throws {
        guard let disk = try SmallDisk(megabytes: 1) else {
            print("skipped: a full disk needs the right to mount a tmpfs")
            return
        }
        let error = #expect(throws: StorageError.self) { try Bench("\(disk.path)/data", segmentBytes: 4 << 20) }
        guard case .full = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path).isEmpty)
    }
}
