import FederationModel
import StorageFormat

/// What lies where in a data directory.
///
/// ```
/// isthmus.lock                     held by the running agent
/// node-id                          a UUID as text
/// raft/log-<index>-<sequence>.seg  the log, in segments
/// raft/snapshot-<term>-<index>.snap
/// raft/commit                      how far the log is committed; written by the core
/// raft/peers.json                  put there by a person to recover a lost quorum
/// serf/local.snapshot, …           small files of other parts
/// ```
enum StorageLayout {
    static let logFolder = "raft"
    static let nodeIDFile = "node-id"
    /// The one small file beside the log: it is of the log and goes with it.
    static let commitFile = "raft/commit"

    /// - Returns: the sequence of a segment's file name; nil for another file.
    static func segmentSequence(_ name: String) -> UInt64? {
        guard name.hasPrefix("log-"), name.hasSuffix(".seg") else { return nil }
        let parts = name.dropFirst(4).dropLast(4).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, UInt64(parts[0]) != nil else { return nil }
        return UInt64(parts[1])
    }

    /// Names that other parts may use: relative, staying inside the directory, and none of the storage's own.
    static func isUsable(_ name: String) -> Bool {
        if name == commitFile { return true }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, !name.utf8.contains(0), name.utf8.count <= 200 else { return false }
        let own = [logFolder, nodeIDFile, DirectoryLock.name]
        return !own.contains(String(first))
            && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && !$0.hasSuffix(Directory.temporarySuffix) }
    }
}

/// The file name of a snapshot; ordered by index, then term.
struct SnapshotName: Comparable, CustomStringConvertible {
    var index: LogIndex
    var term: Term

    init(index: LogIndex, term: Term) {
        self.index = index
        self.term = term
    }

    init?(_ name: String) {
        guard name.hasPrefix("snapshot-"), name.hasSuffix(".snap") else { return nil }
        let parts = name.dropFirst(9).dropLast(5).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let term = UInt64(parts[0]), let index = UInt64(parts[1]), index < Int.max else {
            return nil
        }
        self.init(index: LogIndex(index), term: Term(term))
    }

    static func < (left: SnapshotName, right: SnapshotName) -> Bool {
        (left.index, left.term) < (right.index, right.term)
    }

    var description: String { "snapshot-\(padded(term.value, 20))-\(padded(index.value, 20)).snap" }
}
