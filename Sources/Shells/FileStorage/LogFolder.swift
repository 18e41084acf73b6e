import FederationModel
import Glibc
import RaftCore
import StorageFormat

/// Reads the folder of a log without changing it.
struct LogFolder {
    struct Opened {
        var contents: StorageContents
        var log: LogContents

        /// Of an empty directory.
        init(_ identity: FileIdentity) {
            contents = StorageContents(
                nodeID: identity.nodeID, clusterID: identity.clusterID, recovery: RaftRecovery(), snapshotData: [],
                recoveredPeers: nil, tornFile: nil, notes: [])
            log = LogContents(emptyFor: identity)
        }
    }

    let path: String

    func read(expecting identity: FileIdentity) throws(StorageError) -> Opened {
        var opened = Opened(identity)
        guard Directory.exists(path) else { return opened }
        let names: [String]
        do throws(SystemFailure) { names = try Directory.names(in: path) } catch { throw error.storageError }

        let log = try replay(names, expecting: identity)
        let snapshots = names.compactMap { SnapshotName($0) }.sorted()
        var snapshot: SnapshotFile?
        if let newest = snapshots.last {
            do throws(StorageError) {
                snapshot = try read(newest, expecting: identity)
            } catch {
                // The one before is as good when the log holds every entry that the newest stands for.
                guard case .corrupted = error, snapshots.count > 1, log.holds(index: newest.index, term: newest.term)
                else { throw error }
                opened.contents.notes.append("\(error); the snapshot before it and the log replace it")
                snapshot = try read(snapshots[snapshots.count - 2], expecting: identity)
            }
        }
        opened.log = try log.contents(snapshot: snapshot?.metadata)
        opened.contents.recovery = opened.log.recovery
        opened.contents.clusterID = opened.log.identity.clusterID
        opened.contents.snapshotData = snapshot?.data ?? []
        opened.contents.tornFile = opened.log.tail.flatMap { $0.isTorn ? $0.file : nil }
        if names.contains("peers.json") {
            opened.contents.recoveredPeers = try PeersFile.read(try bytes("peers.json"))
        }
        return opened
    }

    private func replay(_ names: [String], expecting identity: FileIdentity) throws(StorageError) -> LogReplay {
        let segments = names
            .compactMap { name in StorageLayout.segmentSequence(name).map { (sequence: $0, name: name) } }
            .sorted { $0.sequence < $1.sequence }
        var log = LogReplay(expecting: identity)
        for (position, segment) in segments.enumerated() {
            try log.read(try bytes(segment.name), file: segment.name, isLast: position == segments.count - 1)
        }
        return log
    }

    private func read(_ name: SnapshotName, expecting identity: FileIdentity) throws(StorageError) -> SnapshotFile {
        let file = try SnapshotFile(try bytes(name.description), file: name.description, expecting: identity)
        guard SnapshotName(index: file.metadata.index, term: file.metadata.term) == name else {
            throw .missing(file: name.description, what: "it holds the snapshot of entry \(file.metadata.index)")
        }
        return file
    }

    private func bytes(_ name: String) throws(StorageError) -> [UInt8] {
        do throws(SystemFailure) {
            return try File("\(path)/\(name)", O_RDONLY).readAll()
        } catch {
            throw error.storageError
        }
    }
}
