import CNamespaces
import Glibc

/// A process this run started, in a process group of its own, its output going to a file. It ends with the run's own
/// thread at the latest, even if that is killed.
struct ChildProcess: Sendable {
    let name: String
    let pid: pid_t
    /// Set once the process was waited for: `exit 1`, `signal 9`.
    private(set) var ending: String?

    struct SpawnFailure: Error, CustomStringConvertible {
        var description: String
    }

    /// - Parameters:
    ///   - log: appended to.
    ///   - network: a descriptor of the network namespace it runs in; nil: the run's own.
    static func start(_ name: String, _ words: [String], log: String, network: Int32? = nil) throws -> ChildProcess {
        guard let program = words.first else { throw SpawnFailure(description: "\(name): no program") }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let code = cnamespaces_spawn(program, &arguments, log, network ?? -1, &pid)
        guard code == 0 else { throw SpawnFailure(description: "\(program): \(String(cString: strerror(-code)))") }
        return ChildProcess(name: name, pid: pid)
    }

    /// Looks whether the process has ended, without waiting.
    mutating func look() -> Bool {
        guard ending == nil else { return false }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return true }
        let signal = status & 0x7F
        ending = signal == 0 ? "exit \((status >> 8) & 0xFF)" : "signal \(signal)"
        return false
    }

    /// To the whole group; nothing when the process was already waited for.
    func send(_ signal: Int32) {
        if ending == nil { kill(-pid, signal) }
    }

    /// True while any process of the group exists.
    var isGroupAlive: Bool { kill(-pid, 0) == 0 || errno == EPERM }
}
