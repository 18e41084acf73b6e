import CNamespaces
import Glibc
import TopologyCore

/// Data directories on small file systems in memory, in a mount namespace of the run's own: they can be full.
struct MemoryDisks: Sendable {
    /// A server's preallocated log segments are 16 MiB each, snapshots are small: this is never reached by itself.
    private static let bytes: UInt64 = 256 << 20

    private var paths: [String: String] = [:]

    /// - Parameter path: of an agent's data directory, by its name.
    init(_ names: [String], path: (String) -> String) throws(FederationReason) {
        try Self.check(cnamespaces_enter_mounts(), "a mount namespace cannot be made")
        for name in names {
            let path = path(name)
            mkdir(path, 0o755)
            try Self.check(cnamespaces_mount_memory(path, Self.bytes), "\(path): no file system can be mounted")
            paths[name] = path
        }
    }

    /// Every write that needs more room than there is fails from now on; a preallocated log goes on to its end.
    func fill(_ name: String) throws(FederationReason) { try resize(name, to: 0) }

    func mend(_ name: String) throws(FederationReason) { try resize(name, to: Self.bytes) }

    func unmountAll() { for path in paths.values { _ = cnamespaces_unmount(path) } }

    private func resize(_ name: String, to bytes: UInt64) throws(FederationReason) {
        guard let path = paths[name] else { return }
        try Self.check(cnamespaces_resize_memory(path, bytes), "the disk of \(name) cannot be resized")
    }

    private static func check(_ code: Int32, _ what: String) throws(FederationReason) {
        guard code == 0 else { throw FederationReason("\(what): \(String(cString: strerror(-code)))") }
    }
}
