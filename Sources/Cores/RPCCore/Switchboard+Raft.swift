import Determinism
import FederationModel

/// Our way to one Raft peer: a dialled connection opened with byte 1 that carries frames one way.
struct RaftLink: Sendable {
    enum State: Equatable, Sendable {
        /// Nothing to send, or not before `until`.
        case resting(until: Instant)
        case dialling(Int)
        case up(Int, since: Instant)
    }

    let endpoint: Endpoint
    var state: State
    var backoff: Duration
    /// Frames that wait for the connection, the oldest first.
    var queue: [[UInt8]] = []
    var queuedCount = 0
    var lastUse: Instant
}

extension Switchboard {
    /// Peers of one Raft cluster are few; idle links beyond this number are forgotten.
    private static let maxRaftLinks = 64

    var nextRaftDeadline: Instant {
        var deadline = Instant.distantFuture
        for link in raftLinks where !link.queue.isEmpty {
            if case .resting(let until) = link.state { deadline = min(deadline, until) }
        }
        return deadline
    }

    mutating func sendRaft(
        _ frame: [UInt8], to endpoint: Endpoint, _ now: Instant, _ effects: inout [SwitchboardEffect]
    ) {
        guard frame.count <= limits.maxRaftFrameBytes else {
            let size = String(frame.count)
            let values: KeyValuePairs = ["rpc.peer": endpoint.description, "rpc.bytes": size]
            return effects.append(.log(LogLine(.error, "raft frame too large, dropped", values)))
        }
        let index = raftLink(endpoint, now)
        raftLinks[index].lastUse = now
        if case .up(let slot, _) = raftLinks[index].state {
            FrameReader.append(frame, to: &connections[slot].output)
            unflushed.append(slot)
            return
        }
        raftLinks[index].queue.append(frame)
        raftLinks[index].queuedCount += frame.count
        var excess = 0
        while raftLinks[index].queuedCount > limits.maxRaftQueueBytes {
            raftLinks[index].queuedCount -= raftLinks[index].queue[excess].count
            excess += 1
        }
        raftLinks[index].queue.removeFirst(excess)
        if case .resting(let until) = raftLinks[index].state, until <= now { dialRaft(index, now, &effects) }
    }

    private mutating func raftLink(_ endpoint: Endpoint, _ now: Instant) -> Int {
        if let index = raftLinks.firstIndex(where: { $0.endpoint == endpoint }) { return index }
        if raftLinks.count >= Self.maxRaftLinks {
            let resting = raftLinks.indices.filter {
                if case .resting = raftLinks[$0].state { true } else { false }
            }
            if let oldest = resting.min(by: { raftLinks[$0].lastUse < raftLinks[$1].lastUse }) {
                raftLinks.remove(at: oldest)
            }
        }
        let backoff = limits.minRaftBackoff
        raftLinks.append(RaftLink(endpoint: endpoint, state: .resting(until: now), backoff: backoff, lastUse: now))
        return raftLinks.count - 1
    }

    private mutating func dialRaft(_ index: Int, _ now: Instant, _ effects: inout [SwitchboardEffect]) {
        let endpoint = raftLinks[index].endpoint
        let slot = dial(endpoint, role: .raftDialled, timeout: limits.raftConnectTimeout, now, &effects)
        raftLinks[index].state = .dialling(slot)
    }

    mutating func raftConnected(_ slot: Int, _ now: Instant) {
        guard let index = raftLinks.firstIndex(where: { $0.state == .dialling(slot) }) else { return }
        connections[slot].output.append(1)
        for frame in raftLinks[index].queue { FrameReader.append(frame, to: &connections[slot].output) }
        raftLinks[index].queue = []
        raftLinks[index].queuedCount = 0
        raftLinks[index].state = .up(slot, since: now)
        unflushed.append(slot)
    }

    /// What waited is dropped: Raft has said something newer by the time the peer can be dialled again.
    mutating func raftEnded(_ slot: Int, _ now: Instant, _ effects: inout [SwitchboardEffect]) {
        let index = raftLinks.firstIndex { link in
            switch link.state {
            case .resting: false
            case .dialling(let place), .up(let place, _): place == slot
            }
        }
        guard let index else { return }
        // A connection that lasted proves the peer well: the next one comes soon.
        if case .up(_, let since) = raftLinks[index].state, now - since >= limits.maxRaftBackoff {
            raftLinks[index].backoff = limits.minRaftBackoff
        }
        let pause = raftLinks[index].backoff
        raftLinks[index].backoff = min(pause * 2, limits.maxRaftBackoff)
        // Up to a quarter more, so that the peers of a restarted server do not dial in step.
        let until = now + pause + random.duration(in: .zero..<pause / 4)
        raftLinks[index].state = .resting(until: until)
        raftLinks[index].queue = []
        raftLinks[index].queuedCount = 0
    }

    mutating func advanceRaft(to now: Instant, _ effects: inout [SwitchboardEffect]) {
        for index in raftLinks.indices where !raftLinks[index].queue.isEmpty {
            if case .resting(let until) = raftLinks[index].state, until <= now { dialRaft(index, now, &effects) }
        }
    }

    mutating func receiveRaft(
        _ slot: Int, _ bytes: [UInt8], _ start: Int, _ now: Instant, _ effects: inout [SwitchboardEffect]
    ) {
        let remote = connections[slot].remote
        do {
            try connections[slot].raftFrames.receive(bytes, from: start, maxBytes: limits.maxRaftFrameBytes) { frame in
                effects.append(.raft(frame, from: remote))
            }
        } catch {
            log(.warning, "connection closed", connections[slot], reason: "raft frame \(error)", &effects)
            end(slot, "", tellShell: true, now, &effects)
        }
    }
}
