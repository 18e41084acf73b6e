import Determinism
import FederationModel

@testable import RPCCore

/// Two or more switchboards joined by a seeded network: bytes are cut into random pieces and delayed, connections can
/// be cut and hosts frozen. Nothing here knows the wall clock.
struct PipeWorld {
    enum Happening {
        case input(Int, SwitchboardInput)
        case reply(Int, InboundID, error: String?, body: [UInt8])
    }

    struct Pipe {
        var ends: [(host: Int, id: StreamID)]
        /// Bytes arrive in order: the earliest arrival of the next piece, by direction.
        var arrivals: [Instant]
    }

    var now = Instant.zero
    var random: SeededRandom
    var hosts: [Switchboard] = []
    var queue = DeadlineQueue<Happening>()
    var pipes: [Pipe] = []
    var delay: Range<Duration> = .milliseconds(1) ..< .milliseconds(3)
    var maxPieceBytes = 65_536
    /// Keeps what arrives and does nothing; connects still succeed, as a stopped process's kernel would answer.
    var frozen: Set<Int> = []
    /// Refuses connections.
    var down: Set<Int> = []
    /// Swallows connection attempts.
    var silent: Set<Int> = []
    var frozenInputs: [(Int, SwitchboardInput)] = []
    var nextAccepted: UInt64 = 1
    var completed: [(host: Int, call: CallID, result: Result<[UInt8], CallFailure>, at: Instant)] = []
    var inbound: [(host: Int, id: InboundID, method: String, body: [UInt8], at: Instant)] = []
    var abandoned: [InboundID] = []
    var raft: [(host: Int, frame: [UInt8])] = []
    var logs: [LogLine] = []
    var connectCount = 0
    var writeCount = 0
    /// Answers a request: error, body and how long it takes; nil never answers.
    var answer: (String, [UInt8]) -> (error: String?, body: [UInt8], after: Duration)? = { _, body in (nil, body, .zero)
    }

    init(seed: UInt64, hosts count: Int = 2, limits: RPCLimits = RPCLimits()) {
        random = SeededRandom(seed: seed)
        for _ in 0..<count { hosts.append(Switchboard(limits: limits, random: random.split())) }
    }

    static func endpoint(_ host: Int) -> Endpoint { Endpoint(IPAddress(127, 0, 0, UInt8(host + 1)), 8300) }

    mutating func input(_ host: Int, _ input: SwitchboardInput) {
        guard !frozen.contains(host) else { return frozenInputs.append((host, input)) }
        var effects: [SwitchboardEffect] = []
        hosts[host].handle(input, at: now, into: &effects)
        perform(host, effects)
    }

    mutating func call(
        _ number: UInt64, from host: Int = 0, to target: Int = 1, method: String = "Test.Echo", body: [UInt8] = [0xC3],
        within limit: Duration = .seconds(10), fresh: Bool = false
    ) {
        let deadline = now + limit
        input(
            host,
            .call(
                CallID(number), to: Self.endpoint(target), method: method, body: body, deadline: deadline, fresh: fresh)
        )
    }

    func result(_ number: UInt64) -> Result<[UInt8], CallFailure>? {
        completed.first { $0.call == CallID(number) }?.result
    }

    mutating func perform(_ host: Int, _ effects: [SwitchboardEffect]) {
        for effect in effects {
            switch effect {
            case .connect(let id, let remote, let timeout): connect(host, id, remote, timeout)
            case .write(let id, let bytes):
                writeCount += 1
                write(host, id, bytes)
            case .close(let id): close(host, id)
            case .inbound(let id, let method, let body, _, _, _):
                inbound.append((host, id, method, body, now))
                if let (error, body, after) = answer(method, body) {
                    if after == .zero {
                        input(host, .reply(id, error: error, body: body))
                    } else {
                        queue.add(.reply(host, id, error: error, body: body), due: now + after)
                    }
                }
            case .abandoned(let id): abandoned.append(id)
            case .noted: break
            case .completed(let id, let result): completed.append((host, id, result, now))
            case .raft(let frame, _): raft.append((host, frame))
            case .log(let line): logs.append(line)
            }
        }
    }

    private mutating func connect(_ host: Int, _ id: StreamID, _ remote: Endpoint, _ timeout: Duration) {
        connectCount += 1
        let target = Int(remote.address.bytes[3]) - 1
        let trip = random.duration(in: delay)
        guard target < hosts.count, !down.contains(target) else {
            return queue.add(.input(host, .connectFailed(id, "Connection refused")), due: now + trip)
        }
        guard !silent.contains(target) else {
            return queue.add(.input(host, .connectFailed(id, "connect timed out")), due: now + timeout)
        }
        let accepted = StreamID(.rpc, nextAccepted)
        nextAccepted += 2
        pipes.append(Pipe(ends: [(host, id), (target, accepted)], arrivals: [now + trip, now + trip]))
        queue.add(.input(target, .accepted(accepted, from: Self.endpoint(host))), due: now + trip)
        queue.add(.input(host, .connected(id)), due: now + trip)
    }

    private func pipe(_ host: Int, _ id: StreamID) -> (pipe: Int, end: Int)? {
        for (index, pipe) in pipes.enumerated() {
            for end in pipe.ends.indices where pipe.ends[end].host == host && pipe.ends[end].id == id {
                return (index, end)
            }
        }
        return nil
    }

    private mutating func write(_ host: Int, _ id: StreamID, _ bytes: [UInt8]) {
        guard let (index, end) = pipe(host, id) else { return }
        let other = pipes[index].ends[1 - end]
        var start = 0
        while start < bytes.count {
            let count = min(bytes.count - start, Int.random(in: 1...maxPieceBytes, using: &random))
            let arrival = max(pipes[index].arrivals[end], now + random.duration(in: delay))
            pipes[index].arrivals[end] = arrival
            queue.add(.input(other.host, .received(other.id, Array(bytes[start..<start + count]))), due: arrival)
            start += count
        }
    }

    private mutating func close(_ host: Int, _ id: StreamID) {
        guard let (index, end) = pipe(host, id) else { return }
        let other = pipes[index].ends[1 - end]
        queue.add(.input(other.host, .closed(other.id)), due: max(pipes[index].arrivals[end], now + delay.lowerBound))
        pipes.remove(at: index)
    }

    /// Both ends of every connection learn at once that it is gone; what is under way is lost.
    mutating func cutAll() {
        let old = pipes
        pipes = []
        queue = DeadlineQueue()
        for pipe in old { for end in pipe.ends { input(end.host, .closed(end.id)) } }
    }

    mutating func thaw(_ host: Int) {
        frozen.remove(host)
        let waiting = frozenInputs.filter { $0.0 == host }
        frozenInputs.removeAll { $0.0 == host }
        for (host, waiting) in waiting { input(host, waiting) }
    }

    mutating func run(until end: Instant) {
        while true {
            var next = queue.nextDeadline
            for (host, board) in hosts.enumerated() where !frozen.contains(host) {
                next = min(next, board.nextDeadline)
            }
            guard next <= end else { break }
            now = max(now, next)
            while let happening = queue.popDue(at: now) {
                switch happening {
                case .input(let host, let received): input(host, received)
                case .reply(let host, let id, let error, let body):
                    input(host, .reply(id, error: error, body: body))
                }
            }
            for host in hosts.indices where !frozen.contains(host) && hosts[host].nextDeadline <= now {
                var effects: [SwitchboardEffect] = []
                hosts[host].advance(to: now, into: &effects)
                perform(host, effects)
                precondition(hosts[host].nextDeadline > now, "advance left work behind")
            }
        }
        now = max(now, end)
    }

    mutating func run(for duration: Duration) { run(until: now + duration) }
}
