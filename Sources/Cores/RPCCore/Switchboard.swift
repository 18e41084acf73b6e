import FederationModel
package import Determinism

/// All server-RPC streams of one agent, accepted and dialled: bytes in, requests and answers out. No sockets, clocks or
/// tasks inside. The host performs the effects in order and calls `advance` at `nextDeadline`.
package struct Switchboard: Sendable {
    let limits: RPCLimits
    var random: SeededRandom

    var connections: [Connection] = []
    var freeConnections: [Int] = []
    /// By the number of the stream: all of them are server RPC.
    var slots = NumberTable<Int>()
    var acceptedByAddress: [IPAddress: Int] = [:]
    var acceptedCount = 0
    /// The connection that takes new calls to an endpoint, dialling or up.
    var pool: [Endpoint: Int] = [:]
    var connectionTimers = SlotTimers()

    var calls: [Call] = []
    var freeCalls: [Int] = []
    /// By the number of the call.
    var callSlots = NumberTable<Int>()
    var callTimers = SlotTimers()
    var nextSequence: UInt64 = 0

    /// By the number of the request.
    var inbound = NumberTable<(connection: Int, stream: UInt32)>()
    var nextInbound: UInt64 = 1
    /// Bytes of unfinished and waiting requests on all accepted connections.
    var bufferedCount = 0

    /// One per server of the own datacenter: few, so they are searched in line.
    var raftLinks: [RaftLink] = []
    var nextStream: UInt64 = 2
    /// Slots with output, in the order they got it.
    var unflushed: [Int] = []
    var events: [YamuxSession.Event] = []

    package init(limits: RPCLimits, random: SeededRandom) {
        self.limits = limits
        self.random = random
    }

    package var nextDeadline: Instant {
        var board = self
        return board.findDeadline()
    }

    /// The same, of the switchboard where it stands: a getter of another module is given a copy.
    package mutating func findDeadline() -> Instant {
        min(connectionTimers.nextDeadline, callTimers.nextDeadline, nextRaftDeadline)
    }

    func slot(of stream: StreamID) -> Int? { stream.channel == .rpc ? slots[stream.number] : nil }

    package var connectionCount: Int { slots.count }
    package var callCount: Int { callSlots.count }

    package mutating func handle(_ input: SwitchboardInput, at now: Instant, into effects: inout [SwitchboardEffect]) {
        switch input {
        case .accepted(let id, let remote): accepted(id, remote, now, &effects)
        case .connected(let id): connected(id, now, &effects)
        case .connectFailed(let id, let text): connectFailed(id, CallFailure(connecting: text), now, &effects)
        case .received(let id, let bytes): received(id, bytes, now, &effects)
        case .closed(let id):
            if let slot = slot(of: id) { end(slot, "closed by the peer", tellShell: false, now, &effects) }
        case .call(let id, let endpoint, let method, let body, let deadline, let fresh, let notes):
            let call = Call(
                id: id, endpoint: endpoint, method: method, body: body, deadline: deadline, isFresh: fresh,
                notes: notes)
            begin(call, now, &effects)
        case .cancelCall(let id):
            if let slot = callSlots[id.value] { abandon(slot, now, &effects) }
        case .expireCall(let id):
            if let slot = callSlots[id.value] { deadlinePassed(slot, now, &effects) }
        case .reply(let id, let error, let label, let details, let body):
            reply(id, error ?? "", label: label, details, body, now, &effects)
        case .sendRaft(let endpoint, let frame): sendRaft(frame, to: endpoint, now, &effects)
        }
        flush(&effects)
    }

    package mutating func advance(to now: Instant, into effects: inout [SwitchboardEffect]) {
        while let slot = callTimers.popDue(at: now) { deadlinePassed(slot, now, &effects) }
        while let slot = connectionTimers.popDue(at: now) { timerFired(slot, now, &effects) }
        advanceRaft(to: now, &effects)
        flush(&effects)
    }

    /// One write per connection for everything the present input produced.
    private mutating func flush(_ effects: inout [SwitchboardEffect]) {
        guard !unflushed.isEmpty else { return }
        for slot in unflushed { flush(slot, &effects) }
        unflushed.removeAll(keepingCapacity: true)
    }

    mutating func flush(_ slot: Int, _ effects: inout [SwitchboardEffect]) {
        guard connections[slot].isConnected, !connections[slot].output.isEmpty else { return }
        var bytes: [UInt8] = []
        swap(&bytes, &connections[slot].output)
        effects.append(.write(connections[slot].id, bytes))
    }

    func log(
        _ level: LogLine.Level, _ message: String, _ connection: Connection, reason: String,
        _ effects: inout [SwitchboardEffect]
    ) {
        let remote = connection.remote.description
        effects.append(.log(LogLine(level, message, ["rpc.peer": remote, "rpc.reason": reason])))
    }
}
