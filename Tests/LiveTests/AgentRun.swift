import ClientHTTP
import Glibc

/// One agent process, from its start to its end.
final class AgentRun {
    let address: String
    let httpPort: Int
    let pid: pid_t
    private let outputPath: String
    private let errorPath: String
    private var status: Int32?

    init(program: String, _ words: [String], address: String, httpPort: Int, folder: String, number: Int) throws {
        self.address = address
        self.httpPort = httpPort
        outputPath = "\(folder)/agent-\(number).out"
        errorPath = "\(folder)/agent-\(number).err"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, outputPath, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errorPath, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var arguments: [UnsafeMutablePointer<CChar>?] = ([program] + words).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var started: pid_t = 0
        let code = posix_spawn(&started, program, &actions, &attributes, &arguments, environ)
        guard code == 0 else { throw Failure("\(program): \(String(cString: strerror(code)))") }
        pid = started
    }

    /// 0…255 of an exit, 256 + n of signal n; nil while it runs.
    var exitStatus: Int32? {
        if let status { return status }
        var found: Int32 = 0
        guard waitpid(pid, &found, WNOHANG) == pid else { return nil }
        let signal = found & 0x7F
        status = signal == 0 ? (found >> 8) & 0xFF : 256 + signal
        return status
    }

    func send(_ signal: Int32) { if exitStatus == nil { kill(pid, signal) } }

    /// Always ends it, and waits until it is gone.
    func end() {
        guard exitStatus == nil else { return }
        kill(pid, SIGCONT)
        kill(pid, SIGKILL)
        var found: Int32 = 0
        waitpid(pid, &found, 0)
        status = 256 + SIGKILL
    }

    func awaitExit(within limit: Duration = .seconds(20)) throws -> Int32 {
        try eventually("the agent ends", within: limit, showing: { self.report }) { self.exitStatus }
    }

    func stop(_ signal: Int32 = SIGTERM) throws -> Int32 {
        send(signal)
        return try awaitExit()
    }

    var output: String { Files.text(outputPath) }
    var errors: String { Files.text(errorPath) }
    var report: String { "exit \(exitStatus.map(String.init) ?? "none")\n\(errors)\n\(output.suffix(4000))" }

    // MARK: HTTP

    func ask(_ method: String, _ target: String, _ body: [UInt8] = []) throws -> HTTPAnswer {
        let host = address.contains(":") ? "[\(address)]" : address
        return try CurlHTTPClient().perform(
            HTTPCall(method, "http://\(host):\(httpPort)", target, body: body, timeout: .seconds(12)))
    }

    /// The body of a 200; nil while there is none.
    func get(_ target: String) -> String? {
        guard let answer = try? ask("GET", target), answer.status == 200 else { return nil }
        return answer.text
    }

    func put(_ target: String, _ body: String = "") -> Bool {
        guard let answer = try? ask("PUT", target, Array(body.utf8)) else { return false }
        return answer.status == 200 && answer.text != "false"
    }

    func value(_ key: String) -> String? { get("/v1/kv/\(key)?raw") }

    /// Waits until the datacenter has a leader that this agent knows.
    func awaitLeader(within limit: Duration = .seconds(30)) throws {
        try eventually("a leader", within: limit, showing: { self.report }) {
            guard self.exitStatus == nil else { throw Failure("the agent ended\n\(self.report)") }
            return self.get("/v1/status/leader").flatMap { $0.count > 2 ? () : nil }
        }
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Polls a condition until it gives something.
@discardableResult
func eventually<T>(
    _ what: String, within limit: Duration = .seconds(20), showing report: () -> String = { "" },
    _ condition: () throws -> T?
) throws -> T {
    let deadline = ContinuousClock.now + limit
    while true {
        if let found = try condition() { return found }
        guard ContinuousClock.now < deadline else { throw Failure("\(what): not within \(limit)\n\(report())") }
        poll(nil, 0, 20)
    }
}
