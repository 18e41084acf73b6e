import Determinism
import FederationModel
import WireFormat

/// One outgoing call. It has a slot from `begin` until its result.
struct Call: Sendable {
    enum Place: Equatable, Sendable {
        case free
        /// For a connection slot: it is being dialled, or the peer's backlog is full.
        case waiting(Int)
        case sent(connection: Int, stream: UInt32, at: Instant)
    }

    let id: CallID
    let endpoint: Endpoint
    let method: String
    /// Dropped once written.
    var body: [UInt8]
    let deadline: Instant
    let isFresh: Bool
    let notes: CallNotes
    /// A connection ended before anything was sent, and the call went to a new one. Once only.
    var hasMoved = false
    var place = Place.free

    init(
        id: CallID, endpoint: Endpoint, method: String, body: [UInt8], deadline: Instant, isFresh: Bool,
        notes: CallNotes
    ) {
        self.id = id
        self.endpoint = endpoint
        self.method = method
        self.body = body
        self.deadline = deadline
        self.isFresh = isFresh
        self.notes = notes
    }
}

/// Calls out, and requests in.
extension Switchboard {
    // MARK: Out

    mutating func begin(_ call: Call, _ now: Instant, _ effects: inout [SwitchboardEffect]) {
        let failure: CallFailure? =
            if callSlots.count >= limits.maxCalls || callSlots[call.id.value] != nil {
                .overloaded
            } else if call.body.count > limits.maxRequestBytes {
                .notSent("request of \(call.body.count) bytes")
            } else if call.deadline <= now {
                .noAnswer(connected: false)
            } else {
                nil
            }
        if let failure { return effects.append(.completed(call.id, .failure(failure))) }
        let slot: Int
        if let free = freeCalls.popLast() {
            slot = free
            calls[free] = call
        } else {
            slot = calls.count
            calls.append(call)
        }
        callSlots[call.id.value] = slot
        callTimers.set(slot, due: call.deadline)
        place(slot, now, &effects)
    }

    /// Sends the call on the pooled connection, or queues it for one being dialled.
    private mutating func place(_ slot: Int, _ now: Instant, _ effects: inout [SwitchboardEffect]) {
        let remote = calls[slot].endpoint
        if calls[slot].isFresh {
            let timeout = min(limits.connectTimeout, calls[slot].deadline - now)
            let connection = dial(remote, role: .multiplexed, timeout: timeout, now, &effects)
            connections[connection].isFresh = true
            wait(slot, for: connection)
            return
        }
        if let connection = pool[remote] {
            if connections[connection].session?.mayOpen ?? true {
                if !start(slot, on: connection, now) { wait(slot, for: connection) }
                return
            }
            retire(connection, now, &effects)
        }
        let connection = dial(remote, role: .multiplexed, timeout: limits.connectTimeout, now, &effects)
        pool[remote] = connection
        wait(slot, for: connection)
    }

    private mutating func wait(_ slot: Int, for connection: Int) {
        calls[slot].place = .waiting(connection)
        connections[connection].waiting.append(slot)
    }

    /// - Returns: false when the connection is not up, or the peer's backlog is full.
    private mutating func start(_ slot: Int, on connection: Int, _ now: Instant) -> Bool {
        guard let hasRoom = connections[connection].session?.hasBacklogRoom else { return false }
        let stream: UInt32
        if let idle = connections[connection].idle.popLast() {
            stream = idle
            connections[connection].setUse(of: idle, to: .calling(slot))
        } else {
            guard hasRoom, let opened = connections[connection].open() else { return false }
            stream = opened
            connections[connection].streams[UInt64(opened)] = RPCStream(use: .calling(slot))
        }
        nextSequence &+= 1
        let header = RPCHeader(
            method: calls[slot].method, sequence: nextSequence, timeLimit: timeLimit(until: calls[slot].deadline, now),
            notes: calls[slot].notes)
        var body: [UInt8] = []
        swap(&body, &calls[slot].body)
        let byteCount = header.maxByteCount + body.count
        let isSent = connections[connection].send(stream, byteCount: byteCount) { output in
            header.encodeRequest(into: &output)
            output.append(contentsOf: body)
        }
        precondition(isSent, "a stream of the pool is open: \(connections[connection].id)/\(stream)")
        calls[slot].place = .sent(connection: connection, stream: stream, at: now)
        connections[connection].callCount += 1
        connections[connection].lastUse = now
        unflushed.append(connection)
        return true
    }

    /// What the peer is told: an eighth less, half a second at most, so that its own answer still finds the asker.
    private func timeLimit(until deadline: Instant, _ now: Instant) -> UInt64 {
        let left = max(deadline - now, .zero)
        return UInt64(max(left - min(left / 8, .milliseconds(500)), .milliseconds(1)) / .milliseconds(1))
    }

    mutating func startWaiting(_ connection: Int, _ now: Instant, _ effects: inout [SwitchboardEffect]) {
        guard !connections[connection].waiting.isEmpty else { return }
        let waiting = connections[connection].waiting
        connections[connection].waiting = []
        for (position, slot) in waiting.enumerated() where !start(slot, on: connection, now) {
            connections[connection].waiting = Array(waiting[position...])
            return
        }
    }

    mutating func receiveAnswer(
        _ connection: Int, _ stream: UInt32, _ call: Int, _ bytes: [UInt8], _ range: Range<Int>, _ now: Instant,
        _ effects: inout [SwitchboardEffect]
    ) {
        let message: RPCMessage?
        do {
            message = try connections[connection].next(
                of: stream, bytes, range, isCounted: false, maxHeaderBytes: limits.maxHeaderBytes,
                maxBodyBytes: limits.maxResponseBytes)
        } catch {
            let id = connections[connection].id
            connections[connection].reset(stream)
            endStream(connection, stream, .lost("malformed answer: \(error)"), now, &effects)
            if connections[connection].id == id { startWaiting(connection, now, &effects) }
            return
        }
        connections[connection].returnCredit(stream)
        guard let message else { return }
        ended(callOn: connection, now)
        let keeps = message.header.error.isEmpty
            && connections[connection].rest(stream, maxIdleCount: limits.maxIdleStreams)
        if !keeps {
            connections[connection].streams[UInt64(stream)] = nil
            connections[connection].finish(stream, at: now)
        }
        let error = message.header.error
        let failure = CallFailure.application(
            error, label: message.header.errorLabel, details: message.header.errorDetails)
        if error.isEmpty && !message.header.errorDetails.isEmpty {
            effects.append(.noted(calls[call].id, message.header.errorDetails))
        }
        complete(call, error.isEmpty ? .success(message.body) : .failure(failure), &effects)
        if connections[connection].isFresh { return end(connection, "", tellShell: true, now, &effects) }
        startWaiting(connection, now, &effects)
    }

    mutating func complete(
        _ slot: Int, _ result: Result<[UInt8], CallFailure>, _ effects: inout [SwitchboardEffect]
    ) {
        let id = calls[slot].id
        forget(slot)
        effects.append(.completed(id, result))
    }

    private mutating func forget(_ slot: Int) {
        callSlots[calls[slot].id.value] = nil
        callTimers.clear(slot)
        calls[slot].place = .free
        calls[slot].body = []
        freeCalls.append(slot)
    }

    /// The call's connection ended before anything of it was sent.
    mutating func again(_ slot: Int, _ reason: String, _ now: Instant, _ effects: inout [SwitchboardEffect]) {
        guard !calls[slot].hasMoved, calls[slot].deadline > now else {
            return complete(slot, .failure(.notSent(reason)), &effects)
        }
        calls[slot].hasMoved = true
        place(slot, now, &effects)
    }

    mutating func deadlinePassed(_ slot: Int, _ now: Instant, _ effects: inout [SwitchboardEffect]) {
        switch calls[slot].place {
        case .free: break
        case .waiting(let connection):
            if calls[slot].isFresh && !connections[connection].isConnected {
                return connectFailed(connections[connection].id, .connectTimeout, now, &effects)
            }
            abandon(slot, failure: .noAnswer(connected: false), now, &effects)
        case .sent(let connection, _, let sent):
            // Not one byte came on the connection in all that time, whoever it is from: the next call dials anew.
            let isSuspect = now - sent >= .seconds(1) && connections[connection].lastReceived <= sent
            if isSuspect { retire(connection, now, &effects) }
            abandon(slot, failure: .noAnswer(connected: true), now, &effects)
        }
    }

    /// Takes a call back from wherever it waits; `failure` nil reports nothing.
    mutating func abandon(
        _ slot: Int, failure: CallFailure? = nil, _ now: Instant, _ effects: inout [SwitchboardEffect]
    ) {
        let connection: Int
        switch calls[slot].place {
        case .free: return
        case .waiting(let place):
            connection = place
            connections[place].waiting.removeAll { $0 == slot }
        case .sent(let place, let stream, _):
            connection = place
            connections[place].streams[UInt64(stream)] = nil
            // A request cut short must not be completed later, and then be done.
            if connections[place].waitsForCredit(stream) {
                connections[place].reset(stream)
            } else {
                connections[place].finish(stream, at: now)
            }
            unflushed.append(place)
            ended(callOn: place, now)
        }
        if let failure { complete(slot, .failure(failure), &effects) } else { forget(slot) }
        if connections[connection].isFresh { end(connection, "", tellShell: true, now, &effects) }
    }

    // MARK: In

    /// Hands on the next request of a stream, unless one is being answered.
    /// - Parameter range: of `bytes`, what has just arrived of it.
    mutating func serve(
        _ slot: Int, _ stream: UInt32, _ bytes: [UInt8], _ range: Range<Int>, _ now: Instant,
        _ effects: inout [SwitchboardEffect]
    ) {
        guard connections[slot].use(of: stream) == .listening else { return }
        let message: RPCMessage?
        let held = connections[slot].bufferedCount
        do {
            message = try connections[slot].next(
                of: stream, bytes, range, isCounted: true, maxHeaderBytes: limits.maxHeaderBytes,
                maxBodyBytes: limits.maxRequestBytes)
            bufferedCount += connections[slot].bufferedCount - held
        } catch {
            bufferedCount += connections[slot].bufferedCount - held
            log(.info, "request refused", connections[slot], reason: "\(error)", &effects)
            guard connections[slot].role == .multiplexed else {
                return end(slot, "", tellShell: true, now, &effects)
            }
            connections[slot].reset(stream)
            return endStream(slot, stream, .lost(""), now, &effects)
        }
        connections[slot].returnCredit(stream)
        guard let message else { return }
        let id = InboundID(nextInbound)
        nextInbound += 1
        inbound[id.value] = (slot, stream)
        let method = message.header.method
        connections[slot].serve(stream, id, sequence: message.header.sequence, method: method)
        let limit = message.header.timeLimit.map { Duration.milliseconds(Int64(clamping: min($0, 1 << 40))) }
        effects.append(
            .inbound(
                id, method: method, body: message.body, timeLimit: limit, notes: message.header.notes,
                from: connections[slot].remote))
    }

    private static let emptyMap: [UInt8] = [0x80]

    mutating func reply(
        _ id: InboundID, _ error: String, label: String, _ details: ErrorDetails, _ body: [UInt8], _ now: Instant,
        _ effects: inout [SwitchboardEffect]
    ) {
        guard let (slot, stream) = inbound.removeValue(forKey: id.value),
            let (sequence, method) = connections[slot].served(stream)
        else { return }
        var header = RPCHeader(
            method: method, sequence: sequence, error: error, errorLabel: label, errorDetails: details)
        if body.count > limits.maxResponseBytes { header.error = "answer of \(body.count) bytes is too large" }
        let content = header.error.isEmpty && !body.isEmpty ? body : Self.emptyMap
        let byteCount = header.maxByteCount + content.count
        let isSent = connections[slot].send(stream, byteCount: byteCount) { output in
            header.encodeResponse(into: &output)
            output.append(contentsOf: content)
        }
        precondition(isSent, "a stream in service is open: \(connections[slot].id)/\(stream)")
        unflushed.append(slot)
        if isOverLimits(slot) {
            log(.warning, "connection closed", connections[slot], reason: "answers are not taken", &effects)
            return end(slot, "", tellShell: true, now, &effects)
        }
        serve(slot, stream, [], 0..<0, now, &effects)
    }
}
