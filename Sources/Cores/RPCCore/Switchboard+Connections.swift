import Determinism
import FederationModel

/// Connections from accept or dial to their end.
extension Switchboard {
    private mutating func add(_ connection: Connection) -> Int {
        let slot: Int
        if let free = freeConnections.popLast() {
            slot = free
            connections[free] = connection
        } else {
            slot = connections.count
            connections.append(connection)
        }
        slots[connection.id.number] = slot
        return slot
    }

    mutating func dial(
        _ remote: Endpoint, role: Connection.Role, timeout: Duration, _ now: Instant,
        _ effects: inout [SwitchboardEffect]
    ) -> Int {
        let id = StreamID(.rpc, nextStream)
        nextStream += 2
        let slot = add(Connection(id, remote: remote, role: role, at: now))
        connectionTimers.set(slot, due: now + timeout)
        effects.append(.connect(id, to: remote, timeout: timeout))
        return slot
    }

    mutating func accepted(
        _ id: StreamID, _ remote: Endpoint, _ now: Instant, _ effects: inout [SwitchboardEffect]
    ) {
        let count = acceptedByAddress[remote.address, default: 0]
        guard slot(of: id) == nil, count < limits.maxConnectionsPerAddress, acceptedCount < limits.maxConnections else {
            let connection = Connection(id, remote: remote, role: .free, at: now)
            log(.info, "connection refused", connection, reason: "too many connections", &effects)
            effects.append(.close(id))
            return
        }
        acceptedByAddress[remote.address] = count + 1
        acceptedCount += 1
        let slot = add(Connection(id, remote: remote, role: .unopened, at: now))
        connectionTimers.set(slot, due: now + limits.openerTimeout)
    }

    mutating func connected(_ id: StreamID, _ now: Instant, _ effects: inout [SwitchboardEffect]) {
        guard let slot = slot(of: id), !connections[slot].isConnected else { return }
        connections[slot].isConnected = true
        connectionTimers.clear(slot)
        if connections[slot].role == .raftDialled { return raftConnected(slot, now) }
        connections[slot].output.append(4)
        startSession(slot, .dialler, now)
        startWaiting(slot, now, &effects)
    }

    private mutating func startSession(_ slot: Int, _ role: YamuxSession.Role, _ now: Instant) {
        let session = YamuxSession(role, maxStreams: limits.maxStreamsPerConnection, at: now)
        connections[slot].role = .multiplexed
        connections[slot].session = session
        connections[slot].lastUse = now
        connectionTimers.set(slot, due: session.nextDeadline)
        unflushed.append(slot)
    }

    mutating func connectFailed(
        _ id: StreamID, _ failure: CallFailure, _ now: Instant, _ effects: inout [SwitchboardEffect]
    ) {
        guard let slot = slot(of: id), !connections[slot].isConnected else { return }
        let waiting = connections[slot].waiting
        connections[slot].waiting = []
        end(slot, failure.message, tellShell: failure == .connectTimeout, now, &effects)
        for call in waiting { complete(call, .failure(failure), &effects) }
    }

    mutating func received(_ id: StreamID, _ bytes: [UInt8], _ now: Instant, _ effects: inout [SwitchboardEffect]) {
        guard let slot = slot(of: id), connections[slot].isConnected, let first = bytes.first else { return }
        connections[slot].lastReceived = now
        var start = 0
        if connections[slot].role == .unopened {
            start = 1
            switch Demultiplexer.selection(first) {
            case .plain:
                connectionTimers.set(slot, due: now + limits.silentTimeout)
                connections[slot].role = .plain
                connections[slot].streams[UInt64(Connection.plainStream)] = RPCStream(use: .listening)
            case .raft:
                connectionTimers.set(slot, due: now + limits.silentTimeout)
                connections[slot].role = .raftAccepted
            case .multiplexed: startSession(slot, .acceptor, now)
            case .tls:
                log(.debug, "connection refused", connections[slot], reason: "TLS is not configured", &effects)
                return end(slot, "", tellShell: true, now, &effects)
            case .refused(let byte):
                log(.debug, "connection refused", connections[slot], reason: "first byte \(byte)", &effects)
                return end(slot, "", tellShell: true, now, &effects)
            }
        }
        guard start < bytes.count else { return }
        switch connections[slot].role {
        case .plain: receivePlain(slot, bytes, start, now, &effects)
        case .multiplexed: receiveFrames(slot, bytes, start, now, &effects)
        case .raftAccepted: receiveRaft(slot, bytes, start, now, &effects)
        // Raft connections are one way.
        case .raftDialled, .unopened, .free: break
        }
    }

    private mutating func receivePlain(
        _ slot: Int, _ bytes: [UInt8], _ start: Int, _ now: Instant, _ effects: inout [SwitchboardEffect]
    ) {
        let stream = Connection.plainStream
        if case .serving = connections[slot].use(of: stream) {
            buffer(slot, stream, bytes, start..<bytes.count)
            // Without yamux there is no credit: whoever writes on while a request is served is cut off.
            if connections[slot].bufferedCount > YamuxSession.window {
                log(.info, "connection closed", connections[slot], reason: "requests beyond the window", &effects)
                return end(slot, "", tellShell: true, now, &effects)
            }
        } else {
            serve(slot, stream, bytes, start..<bytes.count, now, &effects)
        }
        checkLimits(slot, now, &effects)
    }

    private mutating func receiveFrames(
        _ slot: Int, _ bytes: [UInt8], _ start: Int, _ now: Instant, _ effects: inout [SwitchboardEffect]
    ) {
        let id = connections[slot].id
        var fault: YamuxError?
        events.removeAll(keepingCapacity: true)
        do {
            try connections[slot].receive(bytes, from: start, at: now, events: &events)
        } catch {
            fault = error
        }
        unflushed.append(slot)
        for index in events.indices {
            guard connections[slot].id == id, connections[slot].role == .multiplexed else { return }
            switch events[index] {
            case .opened(let stream): connections[slot].streams[UInt64(stream)] = RPCStream(use: .listening)
            case .acknowledged: startWaiting(slot, now, &effects)
            case .data(let stream, let range): receiveData(slot, stream, bytes, range, now, &effects)
            case .finished(let stream):
                endStream(slot, stream, .lost("stream closed by the peer"), now, &effects)
                connections[slot].finish(stream, at: now)
            case .reset(let stream, let unaccepted):
                let text = "stream reset by the peer"
                endStream(slot, stream, unaccepted ? .notSent(text) : .lost(text), now, &effects)
            case .goAway: retire(slot, now, &effects)
            }
        }
        guard connections[slot].id == id, connections[slot].role == .multiplexed else { return }
        if let fault {
            log(.warning, "session closed", connections[slot], reason: fault.message, &effects)
            connections[slot].refuse()
            return end(slot, fault.message, tellShell: true, now, &effects)
        }
        checkLimits(slot, now, &effects)
    }

    private mutating func receiveData(
        _ slot: Int, _ stream: UInt32, _ bytes: [UInt8], _ range: Range<Int>, _ now: Instant,
        _ effects: inout [SwitchboardEffect]
    ) {
        guard let use = connections[slot].use(of: stream) else {
            // Given up: what still comes is dropped, with credit, so that the peer's writer gets to its end.
            return connections[slot].returnCredit(stream)
        }
        switch use {
        case .listening: serve(slot, stream, bytes, range, now, &effects)
        // No credit is returned before the request in service is answered.
        case .serving: buffer(slot, stream, bytes, range)
        case .calling(let call): receiveAnswer(slot, stream, call, bytes, range, now, &effects)
        case .idle:
            // An answer nobody asked for.
            endStream(slot, stream, .lost("unexpected data"), now, &effects)
            connections[slot].reset(stream)
        }
    }

    private mutating func buffer(_ slot: Int, _ stream: UInt32, _ bytes: [UInt8], _ range: Range<Int>) {
        let held = connections[slot].bufferedCount
        connections[slot].hold(bytes, range, for: stream)
        bufferedCount += connections[slot].bufferedCount - held
    }

    func isOverLimits(_ slot: Int) -> Bool {
        let unsent = connections[slot].session?.pendingCount ?? 0
        return !connections[slot].id.isDialled
            && (connections[slot].bufferedCount > 0 && bufferedCount > limits.maxBufferedBytes
                || unsent > limits.maxUnsentBytes)
    }

    private mutating func checkLimits(_ slot: Int, _ now: Instant, _ effects: inout [SwitchboardEffect]) {
        guard isOverLimits(slot) else { return }
        log(.warning, "connection closed", connections[slot], reason: "too many bytes held for it", &effects)
        end(slot, "", tellShell: true, now, &effects)
    }

    /// Forgets a stream: its call fails, its request in service is abandoned. Our side of it stays to be closed.
    mutating func endStream(
        _ slot: Int, _ stream: UInt32, _ failure: CallFailure, _ now: Instant, _ effects: inout [SwitchboardEffect]
    ) {
        guard let state = connections[slot].streams.removeValue(forKey: UInt64(stream)) else { return }
        switch state.use {
        case .serving(let id):
            inbound[id.value] = nil
            release(slot, state.reader.bufferedCount)
            effects.append(.abandoned(id))
        case .listening: release(slot, state.reader.bufferedCount)
        case .idle: connections[slot].idle.removeAll { $0 == stream }
        case .calling(let call):
            ended(callOn: slot, now)
            complete(call, .failure(failure), &effects)
            if connections[slot].isFresh { end(slot, "", tellShell: true, now, &effects) }
        }
    }

    mutating func release(_ slot: Int, _ count: Int) {
        connections[slot].bufferedCount -= count
        bufferedCount -= count
    }

    mutating func ended(callOn slot: Int, _ now: Instant) {
        connections[slot].callCount -= 1
        connections[slot].lastUse = now
    }

    /// Takes no new calls; those on it go on.
    mutating func retire(_ slot: Int, _ now: Instant, _ effects: inout [SwitchboardEffect]) {
        if pool[connections[slot].remote] == slot { pool[connections[slot].remote] = nil }
        let waiting = connections[slot].waiting
        connections[slot].waiting = []
        for call in waiting { again(call, "the peer takes no new streams", now, &effects) }
    }

    /// The end of a connection: nothing of it remains.
    mutating func end(
        _ slot: Int, _ reason: String, tellShell: Bool, _ now: Instant, _ effects: inout [SwitchboardEffect]
    ) {
        if tellShell { flush(slot, &effects) }
        let old = connections[slot]
        connections[slot] = Connection(old.id, remote: old.remote, role: .free, at: now)
        slots[old.id.number] = nil
        connectionTimers.clear(slot)
        if pool[old.remote] == slot { pool[old.remote] = nil }
        if !old.id.isDialled {
            let count = acceptedByAddress[old.remote.address, default: 1] - 1
            acceptedByAddress[old.remote.address] = count > 0 ? count : nil
            acceptedCount -= 1
        }
        bufferedCount -= old.bufferedCount
        if tellShell { effects.append(.close(old.id)) }
        for (number, stream) in old.streams.sorted {
            switch stream.use {
            case .serving(let id):
                inbound[id.value] = nil
                effects.append(.abandoned(id))
            case .calling(let call):
                // The peer never had the whole request.
                let isCut = old.waitsForCredit(UInt32(number))
                complete(call, .failure(isCut ? .notSent(reason) : .lost(reason)), &effects)
            case .listening, .idle: break
            }
        }
        freeConnections.append(slot)
        if old.role == .raftDialled { raftEnded(slot, now, &effects) }
        // Nothing was written for these: one new connection is safe.
        for call in old.waiting { again(call, reason, now, &effects) }
    }

    mutating func timerFired(_ slot: Int, _ now: Instant, _ effects: inout [SwitchboardEffect]) {
        let connection = connections[slot]
        guard connection.isConnected else {
            return connectFailed(connection.id, .connectTimeout, now, &effects)
        }
        if connection.role == .unopened {
            log(.debug, "connection closed", connection, reason: "no first byte", &effects)
            return end(slot, "", tellShell: true, now, &effects)
        }
        guard connection.role == .multiplexed else { return checkSilence(slot, now, &effects) }
        let idleEnd =
            connection.id.isDialled && connection.callCount == 0 && connection.waiting.isEmpty
            ? connection.lastUse + limits.idleTimeout : .distantFuture
        if now >= idleEnd { return end(slot, "", tellShell: true, now, &effects) }
        do {
            try connections[slot].advance(to: now)
        } catch {
            log(.warning, "session closed", connection, reason: error.message, &effects)
            return end(slot, error.message, tellShell: true, now, &effects)
        }
        unflushed.append(slot)
        connectionTimers.set(slot, due: min(connections[slot].session?.nextDeadline ?? idleEnd, idleEnd))
    }

    /// Accepted connections without yamux have no keep-alive: silence ends them, but not while a request is served.
    private mutating func checkSilence(_ slot: Int, _ now: Instant, _ effects: inout [SwitchboardEffect]) {
        guard connections[slot].role == .plain || connections[slot].role == .raftAccepted else { return }
        let end = connections[slot].lastReceived + limits.silentTimeout
        if now < end { return connectionTimers.set(slot, due: end) }
        if case .serving = connections[slot].use(of: Connection.plainStream) {
            return connectionTimers.set(slot, due: now + limits.silentTimeout)
        }
        self.end(slot, "", tellShell: true, now, &effects)
    }
}
