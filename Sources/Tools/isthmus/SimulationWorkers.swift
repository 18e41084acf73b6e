import CommandSupport
import Glibc

/// Processes of this program that share the seeds. All write lines to one pipe; a line is shorter than what a pipe
/// takes at once (4096 bytes), so lines do not mix.
enum SimulationWorkers {
    /// - Parameters:
    ///   - commands: the words behind the program's name, one list for each process.
    ///   - line: takes each line; false ends all workers.
    static func run(_ commands: [[String]], _ line: (String) -> Bool) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw CommandFailure("pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var workers: [pid_t] = []
        for words in commands { workers.append(try spawn(["isthmus"] + words, output: ends[1])) }
        close(ends[1])
        if !read(from: ends[0], line) { for worker in workers { kill(worker, SIGKILL) } }
        for worker in workers {
            var status: Int32 = 0
            waitpid(worker, &status, 0)
        }
    }

    private static func spawn(_ words: [String], output: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, "/proc/self/exe", &actions, nil, &arguments, environ)
        guard code == 0 else { throw CommandFailure("isthmus: \(String(cString: strerror(code)))") }
        return pid
    }

    /// Until the last worker has closed its end.
    /// - Returns: false when `line` wants no more.
    private static func read(from descriptor: Int32, _ line: (String) -> Bool) -> Bool {
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return true }
            pending += buffer[..<count]
            while let end = pending.firstIndex(of: 10) {
                guard line(String(decoding: pending[..<end], as: UTF8.self)) else { return false }
                pending.removeSubrange(...end)
            }
        }
    }
}
