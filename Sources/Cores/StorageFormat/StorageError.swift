package import FederationModel

/// Why a data directory was not opened. Nothing on disk was changed.
package enum StorageError: Error, Equatable, Sendable {
    /// Bytes that were once durable are not what was written. Restore the file, or empty the directory and let the
    /// server rejoin as a new one.
    case corrupted(file: String, record: String, offset: Int, reason: String)
    /// Written by a newer build: start that one.
    case newerFormat(file: String, found: UInt32, known: UInt32)
    /// A record of a type this build does not know.
    case unknownRecord(file: String, record: String, offset: Int, type: UInt8)
    /// The file does not begin with the magic.
    case notOurs(file: String)
    case otherNode(file: String, found: NodeID, expected: NodeID)
    case otherDatacenter(file: String, found: String, expected: String)
    case otherCluster(file: String, found: ClusterID, expected: ClusterID)
    /// A file of the log or an entry is not there.
    case missing(file: String, what: String)
    /// Another process has the directory; its process ID when the system tells it.
    case locked(directory: String, processID: Int32?)
    /// A text file in the directory cannot be read.
    case unreadable(file: String, reason: String)
    /// A name, a size or another argument cannot be used.
    case unusable(String)
    /// The device is full.
    case full(file: String)
    /// The operating system refused.
    case system(operation: String, file: String, reason: String)
}

extension StorageError {
    package var label: StaticString {
        switch self {
        case .corrupted: "corrupted"
        case .newerFormat: "newer_format"
        case .unknownRecord: "unknown_record"
        case .notOurs: "not_ours"
        case .otherNode: "other_node"
        case .otherDatacenter: "other_datacenter"
        case .otherCluster: "other_cluster"
        case .missing: "missing"
        case .locked: "locked"
        case .unreadable: "unreadable"
        case .unusable: "unusable"
        case .full: "full"
        case .system: "system"
        }
    }
}

extension StorageError: CustomStringConvertible {
    /// One line.
    package var description: String {
        switch self {
        case .corrupted(let file, let record, let offset, let reason):
            "\(file) is corrupted: \(record) at byte \(offset): \(reason)"
        case .newerFormat(let file, let found, let known):
            "\(file) has format version \(found); this build reads versions up to \(known)"
        case .unknownRecord(let file, let record, let offset, let type):
            "\(file): \(record) at byte \(offset) has type \(type), which this build does not know"
        case .notOurs(let file): "\(file) is not a file of this program"
        case .otherNode(let file, let found, let expected):
            "\(file) belongs to node \(found), this is node \(expected)"
        case .otherDatacenter(let file, let found, let expected):
            "\(file) belongs to datacenter \"\(found)\", this agent is in \"\(expected)\""
        case .otherCluster(let file, let found, let expected):
            "\(file) belongs to cluster \(found), the files before it to cluster \(expected)"
        case .missing(let file, let what): "\(file): \(what)"
        case .locked(let directory, let processID?): "\(directory) is in use by process \(processID)"
        case .locked(let directory, nil): "\(directory) is in use by another process"
        case .unreadable(let file, let reason): "\(file) cannot be read: \(reason)"
        case .unusable(let what): what
        case .full(let file): "no space left on the device of \(file)"
        case .system(let operation, let file, let reason): "\(operation) of \(file): \(reason)"
        }
    }
}

/// Why something could not be made durable.
package enum DiskFailure: Error, Equatable, Sendable {
    /// No space. Nothing is lost: the write stands at the head of the queue and is tried again.
    case full
    /// The device failed. What it holds is unknown, so the server stops (`fdatasync` is not tried twice).
    case failed(String)
}

extension DiskFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .full: "no space left on the device"
        case .failed(let reason): reason
        }
    }
}
