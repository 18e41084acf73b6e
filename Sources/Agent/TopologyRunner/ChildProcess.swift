import Glibc

/// A process this run started, in a process group of its own, its output going to a file.
struct ChildProcess: Sendable {
    let name: String
    let pid: pid_t
    /// Set once the process was waited for: `exit 1`, `signal 9`.
    private(set) var ending: String?

    struct SpawnFailure: Error, CustomStringConvertible {
        var description: String
    }

    /// - Parameter log: appended to.
    static func start(_ name: String, _ words: [String], log: String) throws -> ChildProcess {
        guard let program = words.first else { throw SpawnFailure(description: "\(name): no program") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, program, &actions, &attributes, &arguments, environ)
        guard code == 0 else { throw SpawnFailure(description: "\(program): \(String(cString: strerror(code)))") }
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
