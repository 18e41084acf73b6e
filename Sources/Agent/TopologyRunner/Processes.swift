import Glibc

/// Every process of a run, by name; used by the run's own thread only.
struct Processes {
    private var children: [String: ChildProcess] = [:]
    /// Process groups that were started and replaced since.
    private var earlier: [ChildProcess] = []
    /// Those that were told to end, so that their end is no surprise.
    private var expectedToEnd: Set<String> = []

    var groups: [String: Int32] { children.mapValues(\.pid) }

    mutating func start(_ name: String, _ words: [String], log: String, network: Int32? = nil) throws {
        if let previous = children[name] { earlier.append(previous) }
        children[name] = try ChildProcess.start(name, words, log: log, network: network)
        expectedToEnd.remove(name)
    }

    mutating func send(_ signal: Int32, to name: String, isEnd: Bool) {
        if isEnd { expectedToEnd.insert(name) }
        children[name]?.send(signal)
    }

    mutating func expectEnd(of name: String) { expectedToEnd.insert(name) }

    /// The names of those that run now.
    mutating func running() -> Set<String> {
        var running: Set<String> = []
        for name in children.keys.sorted() where children[name]?.look() ?? false { running.insert(name) }
        return running
    }

    /// Those that ended without being told to, with how.
    mutating func surprises() -> [(name: String, ending: String)] {
        _ = running()
        return children.keys.sorted().compactMap { name in
            guard !expectedToEnd.contains(name), let ending = children[name]?.ending else { return nil }
            return (name, ending)
        }
    }

    /// - Returns: the names that still run after the timeout.
    mutating func waitForEnd(of names: [String], timeout: Duration) -> [String] {
        let deadline = ContinuousClock.now + timeout
        while true {
            let left = running().intersection(names).sorted()
            if left.isEmpty || ContinuousClock.now > deadline { return left }
            pause(.milliseconds(10))
        }
    }

    /// Ends everything that was started: SIGTERM, after two seconds SIGKILL.
    /// - Returns: names of which a process is left all the same.
    mutating func endAll(hurried: Bool) -> [String] {
        let names = children.keys.sorted()
        for name in names {
            send(SIGCONT, to: name, isEnd: true)
            send(hurried ? SIGKILL : SIGTERM, to: name, isEnd: true)
        }
        for name in waitForEnd(of: names, timeout: .seconds(2)) { send(SIGKILL, to: name, isEnd: true) }
        _ = waitForEnd(of: names, timeout: .seconds(5))
        let all = earlier + names.compactMap { children[$0] }
        return all.filter(\.isGroupAlive).map { "\($0.name) (pid \($0.pid))" }
    }
}
