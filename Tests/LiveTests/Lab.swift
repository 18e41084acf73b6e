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
    func start(_ number: Int, data: String, _ flags: [String], node: String? = nil) throws -> AgentRun {
        let ip = address(number)
        return try start(
            [
                "-node=\(node ?? "n\(number)")", "-data-dir=\(path(data))", "-bind=\(ip)", "-client=\(ip)",
                "-retry-interval=1s",
            ] + flags, address: ip)
    }

    /// An agent with these flags and no others.
    func start(_ flags: [String], address: String, httpPort: Int = 8500) throws -> AgentRun {
        let agent = try AgentRun(
            program: Self.program, ["agent"] + flags, address: address, httpPort: httpPort, folder: folder,
            number: agents.count)
        agents.append(agent)
        return agent
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
