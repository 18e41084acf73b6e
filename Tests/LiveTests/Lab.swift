import Glibc

/// The folder, addresses and processes of one test. Everything ends with `run`, however the test ends.
final class Lab {
    let folder: String
    private let network: String
    private var agents: [AgentRun] = []
    private var mounts: [String] = []

    private init() throws {
        var template = Array("/tmp/isthmus-live-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure("mkdtemp: \(String(cString: strerror(errno)))") }
        folder = String(cString: made)
        network = "127.\(Int.random(in: 11...239)).\(Int.random(in: 1...239))"
    }

    static func run(_ body: (Lab) throws -> Void) throws {
        let lab = try Lab()
        defer { lab.close() }
        try body(lab)
    }

    private func close() {
        for agent in agents { agent.end() }
        for mount in mounts { umount2(mount, Int32(MNT_DETACH)) }
        Files.remove(folder)
    }

    /// The built command: `ISTHMUS`, or what this package's build made.
    static let program: String = {
        if let given = getenv("ISTHMUS") { return String(cString: given) }
        let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        #if DEBUG
            return "\(root)/.build/debug/isthmus"
        #else
            return "\(root)/.build/release/isthmus"
        #endif
    }()

    func address(_ number: Int) -> String { "\(network).\(number)" }
    func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// An agent at the lab's address `number`.
    /// - Parameter hosts: what it sees as the host file; writing the file in place changes it. Needs root.
    func start(
        _ number: Int, data: String, _ flags: [String], node: String? = nil, hosts: String? = nil
    ) throws -> AgentRun {
        let ip = address(number)
        let flags =
            [
                "-node=\(node ?? "n\(number)")", "-data-dir=\(path(data))", "-bind=\(ip)", "-client=\(ip)",
                "-retry-interval=1s",
            ] + flags
        guard let hosts else { return try start(flags, address: ip) }
        let script = "mount --bind \"$0\" /etc/hosts && exec \"$@\""
        let words = ["-m", "/bin/sh", "-c", script, hosts, Self.program, "agent"] + flags
        let agent = try AgentRun(
            program: "/usr/bin/unshare", words, address: ip, httpPort: 8500, folder: folder, number: agents.count)
        agents.append(agent)
        return agent
    }

    /// An agent with these flags and no others.
    func start(_ flags: [String], address: String, httpPort: Int = 8500) throws -> AgentRun {
        let agent = try AgentRun(
            program: Self.program, ["agent"] + flags, address: address, httpPort: httpPort, folder: folder,
            number: agents.count)
        agents.append(agent)
        return agent
    }

    /// Runs a command of the program against an agent to its end.
    func command(_ words: [String], at agent: AgentRun) throws -> AgentRun {
        let flag = "-http-addr=http://\(agent.address):\(agent.httpPort)"
        let run = try AgentRun(
            program: Self.program, words + [flag], address: agent.address, httpPort: agent.httpPort, folder: folder,
            number: agents.count)
        agents.append(run)
        _ = try run.awaitExit()
        return run
    }

    /// A lone server that leads its datacenter.
    func server(_ number: Int, data: String, _ flags: [String] = []) throws -> AgentRun {
        let agent = try start(number, data: data, ["-server", "-bootstrap-expect=1"] + flags)
        try agent.awaitLeader()
        return agent
    }

    /// A file system in memory with this much room. Needs root.
    func mountMemory(_ name: String, mebibytes: Int) throws {
        let point = path(name)
        mkdir(point, 0o700)
        guard mount("tmpfs", point, "tmpfs", 0, "size=\(mebibytes)m") == 0 else {
            throw Failure("mount: \(String(cString: strerror(errno)))")
        }
        mounts.append(point)
    }
}
