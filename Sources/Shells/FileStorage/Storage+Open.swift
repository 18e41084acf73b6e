package import FederationModel
import Glibc
import RaftCore
package import StorageFormat

extension Storage {
    /// Opens a data directory, or makes one. Blocks. When it throws, nothing on disk has changed.
    ///
    /// - Parameters:
    ///   - datacenter: this agent's; at most 255 bytes. Another one's files are refused.
    ///   - nodeID: given by the operator; nil takes the directory's, or a new one.
    ///   - report: called on the storage's threads.
    package static func open(
        directory: String, datacenter: String, nodeID: NodeID? = nil, options: StorageOptions = StorageOptions(),
        report: @escaping @Sendable (StorageReport) -> Void
    ) throws(StorageError) -> (Storage, StorageContents) {
        guard datacenter.utf8.count <= FileHeader.maxDatacenterBytes else {
            throw .unusable("the datacenter name has more than \(FileHeader.maxDatacenterBytes) bytes")
        }
        var made = MadePaths()
        do throws(StorageError) {
            return try open(directory, datacenter, nodeID, options, &made, report)
        } catch {
            made.remove()
            throw error
        }
    }

    private static func open(
        _ directory: String, _ datacenter: String, _ given: NodeID?, _ options: StorageOptions,
        _ made: inout MadePaths, _ report: @escaping @Sendable (StorageReport) -> Void
    ) throws(StorageError) -> (Storage, StorageContents) {
        do throws(SystemFailure) { try made.makeFolders(directory) } catch { throw error.storageError }
        let lock = try DirectoryLock(directory: directory)
        if lock.isNew { made.add("\(directory)/\(DirectoryLock.name)") }

        let found = try findNodeID(directory, given: given)
        let identity = FileIdentity(datacenter: datacenter, nodeID: found.nodeID)
        let folder = "\(directory)/\(StorageLayout.logFolder)"
        let reader = LogFolder(path: folder)
        var opened = try options.hasLog ? reader.read(expecting: identity) : LogFolder.Opened(identity)
        opened.contents.nodeID = found.nodeID

        // Everything was read and agrees: from here on the directory is changed.
        do throws(SystemFailure) {
            var segments: SegmentFiles?
            if !found.isKept {
                made.add("\(directory)/\(StorageLayout.nodeIDFile)")
                let text = CollectionOfOne(Array("\(found.nodeID)\n".utf8))
                try Directory.replace(StorageLayout.nodeIDFile, in: directory, with: text)
            }
            if options.hasLog {
                if try Directory.make(folder) {
                    made.add(folder)
                    try Directory.sync(directory)
                }
                let files = SegmentFiles(opened.log, directory: folder, segmentBytes: options.segmentBytes)
                try files.prepare(opened.log)
                for name in try Directory.names(in: folder) where name.hasSuffix(Directory.temporarySuffix) {
                    try Directory.remove("\(folder)/\(name)")
                }
                segments = files
            }
            lock.sign()
            let storage = Storage(
                directory: directory, identity: identity, lock: lock, segments: segments, report: report)
            return (storage, opened.contents)
        } catch {
            throw error.storageError
        }
    }

    private static func findNodeID(
        _ directory: String, given: NodeID?
    ) throws(StorageError) -> (nodeID: NodeID, isKept: Bool) {
        let path = "\(directory)/\(StorageLayout.nodeIDFile)"
        guard Directory.exists(path) else {
            var generator = SystemRandomNumberGenerator()
            return (given ?? NodeID.random(using: &generator), false)
        }
        let bytes: [UInt8]
        do throws(SystemFailure) { bytes = try File(path, O_RDONLY).readAll() } catch { throw error.storageError }
        let text = String(decoding: bytes, as: UTF8.self).prefix { !$0.isWhitespace }
        guard let kept = NodeID(String(text)) else { throw .unreadable(file: path, reason: "it holds no UUID") }
        guard given == nil || given == kept else {
            throw .otherNode(file: path, found: kept, expected: given ?? kept)
        }
        return (kept, true)
    }
}

/// Files and folders that were not there before, for a start that fails.
private struct MadePaths {
    private var paths: [String] = []

    mutating func add(_ path: String) { paths.append(path) }

    mutating func makeFolders(_ path: String) throws(SystemFailure) {
        var current = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            current += "/\(part)"
            if Directory.exists(current) { continue }
            if try Directory.make(current) { add(current) }
        }
    }

    /// Newest first. A folder that is not empty stays.
    func remove() {
        for path in paths.reversed() where unlink(path) != 0 { rmdir(path) }
    }
}
