package import Determinism

/// One side of a yamux session over a byte stream (`wire/consul-rpc.md` 1.5): streams, credit, keep-alive. Only the
/// dialler opens streams. Bytes to be sent are appended to the caller's buffer.
package struct YamuxSession: Sendable {
    /// Credit of each direction of a new stream.
    package static let window = 262_144
    /// Silence after which a peer is pinged.
    package static let pingInterval = Duration.seconds(30)
    package static let pingTimeout = Duration.seconds(10)
    /// Streams opened and not yet accepted by the peer: real acceptors reset what exceeds their backlog of 256.
    package static let maxUnacknowledged = 256
    /// A stream closed by one side only is reset after this time, so a forgetful peer cannot fill the table.
    package static let halfClosedTimeout = Duration.seconds(300)

    package enum Role: Sendable { case dialler, acceptor }

    package enum Event: Equatable, Sendable {
        /// The peer opened a stream; it has been acknowledged.
        case opened(UInt32)
        /// The peer accepted a stream of ours.
        case acknowledged(UInt32)
        /// Payload: a range of the bytes being received.
        case data(UInt32, Range<Int>)
        /// The peer will send nothing more on this stream.
        case finished(UInt32)
        /// The stream is gone. `unaccepted`: the peer never acknowledged it, so it processed nothing.
        case reset(UInt32, unaccepted: Bool)
        /// The peer takes no new streams; those open go on.
        case goAway(UInt32)
    }

    private struct Stream: Sendable {
        var sendCredit = YamuxSession.window
        var receiveCredit = YamuxSession.window
        /// Received, and not yet returned as credit.
        var unreturned = 0
        /// Waits for credit.
        var pending: [UInt8] = []
        var pendingStart = 0
        var finishesAfterPending = false
        var isAcknowledged = false
        var hasFinished = false
        var peerFinished = false

        var isWaiting: Bool { pending.count > pendingStart }
    }

    private let role: Role
    /// Streams the peer may have open at once; more are reset.
    private let maxStreams: Int
    private var streams = NumberTable<Stream>()
    private var nextStream: UInt32
    private var unacknowledgedCount = 0
    private var halfClosed: [(stream: UInt32, since: Instant)] = []
    private var header: [UInt8] = []
    /// The data frame whose payload is arriving.
    private var payload: (stream: UInt32, remaining: Int, flags: YamuxFrame.Flags)?
    private var nextPing: Instant
    /// A message of the peer: it says all that the answer to a ping would. Pings of its own do not count, it would send
    /// them over a way that works in one direction only.
    private var lastMessage: Instant
    private var pingValue: UInt32 = 0
    private var pingSentAt: Instant?
    /// The peer has sent go-away: no new streams.
    package private(set) var isGoingAway = false
    /// Payload bytes of all streams that wait for credit.
    package private(set) var pendingCount = 0

    package init(_ role: Role, maxStreams: Int, at now: Instant) {
        self.role = role
        self.maxStreams = maxStreams
        nextStream = role == .dialler ? 1 : 2
        nextPing = now + Self.pingInterval
        lastMessage = now
    }

    package var streamCount: Int { streams.count }
    package var nextDeadline: Instant { min(nextPing, pingSentAt.map { $0 + Self.pingTimeout } ?? .distantFuture) }
    package var mayOpen: Bool { !isGoingAway && nextStream < .max - 1 }
    /// False while the peer's backlog is full.
    package var hasBacklogRoom: Bool { unacknowledgedCount < Self.maxUnacknowledged }

    // MARK: Sending

    /// Opens a stream; its first data may follow at once.
    /// - Returns: nil when the session takes no new streams.
    package mutating func open(into output: inout [UInt8]) -> UInt32? {
        guard mayOpen else { return nil }
        let stream = nextStream
        nextStream += 2
        streams[UInt64(stream)] = Stream()
        unacknowledgedCount += 1
        YamuxFrame(.windowUpdate, .syn, stream: stream).encode(into: &output)
        return stream
    }

    /// Sends what `write` appends as one message: one data frame when the credit allows.
    /// - Returns: false when the stream is gone or already finished by us.
    package mutating func send(_ stream: UInt32, into output: inout [UInt8], write: (inout [UInt8]) -> Void) -> Bool {
        guard let place = streams.place(of: UInt64(stream)), !streams[place: place].hasFinished,
            !streams[place: place].finishesAfterPending
        else { return false }
        let start = output.count
        YamuxFrame(.data, stream: stream, length: 0).encode(into: &output)
        let payloadStart = output.count
        write(&output)
        let count = output.count - payloadStart
        let allowed = streams[place: place].isWaiting ? 0 : min(count, streams[place: place].sendCredit)
        if allowed < count {
            streams[place: place].pending.append(contentsOf: output[(payloadStart + allowed)...])
            pendingCount += count - allowed
            output.removeLast(count - allowed)
        }
        if allowed == 0 {
            output.removeLast(YamuxFrame.headerBytes)
        } else {
            streams[place: place].sendCredit -= allowed
            for place in 0..<4 {
                output[start + 8 + place] = UInt8(truncatingIfNeeded: allowed >> (24 - 8 * place))
            }
        }
        return true
    }

    /// Part of a message has not been sent yet, for lack of credit.
    package func waitsForCredit(_ stream: UInt32) -> Bool {
        streams.place(of: UInt64(stream)).map { streams[place: $0].isWaiting } ?? false
    }

    /// Closes our direction, after what still waits for credit; a peer that has closed its own gives no more, so the
    /// stream is reset then.
    package mutating func finish(_ stream: UInt32, into output: inout [UInt8], at now: Instant) {
        guard let place = streams.place(of: UInt64(stream)), !streams[place: place].hasFinished else { return }
        if streams[place: place].isWaiting {
            if streams[place: place].peerFinished { return reset(stream, into: &output) }
            streams[place: place].finishesAfterPending = true
            return
        }
        YamuxFrame(.windowUpdate, .fin, stream: stream).encode(into: &output)
        streams[place: place].hasFinished = true
        if streams[place: place].peerFinished { return remove(stream) }
        halfClosed.append((stream, now))
        if halfClosed.count > 2 * streams.count + 64 { forgetClosed() }
    }

    private mutating func forgetClosed() { halfClosed.removeAll { streams.place(of: UInt64($0.stream)) == nil } }

    /// Ends a stream in both directions at once.
    package mutating func reset(_ stream: UInt32, into output: inout [UInt8]) {
        guard streams.place(of: UInt64(stream)) != nil else { return }
        YamuxFrame(.windowUpdate, .rst, stream: stream).encode(into: &output)
        remove(stream)
    }

    /// What has been received on the stream so far is consumed: returns credit once it reaches half the window.
    package mutating func returnCredit(_ stream: UInt32, into output: inout [UInt8]) {
        guard let place = streams.place(of: UInt64(stream)) else { return }
        let unreturned = streams[place: place].unreturned
        guard unreturned >= Self.window / 2, !streams[place: place].peerFinished else { return }
        streams[place: place].receiveCredit += unreturned
        streams[place: place].unreturned = 0
        YamuxFrame(.windowUpdate, stream: stream, length: UInt32(unreturned)).encode(into: &output)
    }

    /// A last word before the connection is closed for a fault of the peer.
    package func refuse(into output: inout [UInt8]) {
        YamuxFrame(.goAway, stream: 0, length: 1).encode(into: &output)
    }

    private mutating func remove(_ stream: UInt32) {
        guard let state = streams.removeValue(forKey: UInt64(stream)) else { return }
        pendingCount -= state.pending.count - state.pendingStart
        if isOurs(stream) && !state.isAcknowledged { unacknowledgedCount -= 1 }
    }

    private func isOurs(_ stream: UInt32) -> Bool { (stream % 2 == 1) == (role == .dialler) }

    // MARK: Time

    /// Pings a peer that has been silent and forgets streams the peer left half closed.
    package mutating func advance(to now: Instant, into output: inout [UInt8]) throws(YamuxError) {
        if let sent = pingSentAt, now >= sent + Self.pingTimeout { throw .pingUnanswered }
        guard now >= nextPing else { return }
        if pingSentAt == nil && now < lastMessage + Self.pingInterval {
            nextPing = lastMessage + Self.pingInterval
            return resetHalfClosed(at: now, into: &output)
        }
        YamuxFrame(.ping, .syn, stream: 0, length: pingValue).encode(into: &output)
        pingSentAt = pingSentAt ?? now
        nextPing = now + Self.pingInterval
        resetHalfClosed(at: now, into: &output)
    }

    private mutating func resetHalfClosed(at now: Instant, into output: inout [UInt8]) {
        forgetClosed()
        while let oldest = halfClosed.first, now >= oldest.since + Self.halfClosedTimeout {
            reset(oldest.stream, into: &output)
            halfClosed.removeFirst()
        }
    }

    // MARK: Receiving

    /// Takes `bytes` from `start` on; frames may be cut anywhere. Events of frames before a fault stand.
    package mutating func receive(
        _ bytes: [UInt8], from start: Int, at now: Instant, into output: inout [UInt8], events: inout [Event]
    ) throws(YamuxError) {
        var position = start
        while position < bytes.count {
            if let current = payload {
                let count = min(current.remaining, bytes.count - position)
                if streams.place(of: UInt64(current.stream)) != nil {
                    events.append(.data(current.stream, position..<position + count))
                }
                position += count
                payload = current.remaining == count ? nil : (current.stream, current.remaining - count, current.flags)
                if payload == nil { ended(current.stream, current.flags, &events) }
            } else if header.isEmpty && bytes.count - position >= YamuxFrame.headerBytes {
                let frame = try YamuxFrame(decoding: bytes, at: position)
                position += YamuxFrame.headerBytes
                try receive(frame, at: now, &output, &events)
            } else {
                let count = min(YamuxFrame.headerBytes - header.count, bytes.count - position)
                header.append(contentsOf: bytes[position..<position + count])
                position += count
                guard header.count == YamuxFrame.headerBytes else { return }
                let frame = try YamuxFrame(decoding: header)
                header.removeAll(keepingCapacity: true)
                try receive(frame, at: now, &output, &events)
            }
        }
    }

    private mutating func receive(
        _ frame: YamuxFrame, at now: Instant, _ output: inout [UInt8], _ events: inout [Event]
    ) throws(YamuxError) {
        if frame.kind != .ping { lastMessage = now }
        switch frame.kind {
        case .ping:
            if frame.flags.contains(.syn) {
                YamuxFrame(.ping, .ack, stream: 0, length: frame.length).encode(into: &output)
            } else if frame.flags.contains(.ack), pingSentAt != nil, frame.length == pingValue {
                pingSentAt = nil
                pingValue &+= 1
            }
        case .goAway:
            isGoingAway = true
            events.append(.goAway(frame.length))
        case .windowUpdate:
            try began(frame, &output, &events)
            if streams.place(of: UInt64(frame.stream)) != nil {
                addCredit(Int(frame.length), to: frame.stream, &output)
                ended(frame.stream, frame.flags, &events)
            }
        case .data:
            try began(frame, &output, &events)
            if let place = streams.place(of: UInt64(frame.stream)) {
                guard Int(frame.length) <= streams[place: place].receiveCredit else {
                    throw .creditExceeded(stream: frame.stream)
                }
                streams[place: place].receiveCredit -= Int(frame.length)
                streams[place: place].unreturned += Int(frame.length)
            }
            if frame.length > 0 {
                payload = (frame.stream, Int(frame.length), frame.flags)
            } else {
                ended(frame.stream, frame.flags, &events)
            }
        }
    }

    /// The flags that count before a frame's content: SYN and ACK.
    private mutating func began(
        _ frame: YamuxFrame, _ output: inout [UInt8], _ events: inout [Event]
    ) throws(YamuxError) {
        guard !frame.flags.isEmpty else { return }
        if frame.flags.contains(.syn) {
            guard frame.stream != 0, !isOurs(frame.stream), streams.place(of: UInt64(frame.stream)) == nil else {
                throw .streamID(frame.stream)
            }
            guard role == .acceptor, streams.count < maxStreams else {
                YamuxFrame(.windowUpdate, .rst, stream: frame.stream).encode(into: &output)
                return
            }
            var state = Stream()
            state.isAcknowledged = true
            streams[UInt64(frame.stream)] = state
            YamuxFrame(.windowUpdate, .ack, stream: frame.stream).encode(into: &output)
            events.append(.opened(frame.stream))
        }
        if frame.flags.contains(.ack), let place = streams.place(of: UInt64(frame.stream)),
            !streams[place: place].isAcknowledged
        {
            streams[place: place].isAcknowledged = true
            unacknowledgedCount -= 1
            events.append(.acknowledged(frame.stream))
        }
    }

    /// The flags that count after it: FIN and RST.
    private mutating func ended(_ stream: UInt32, _ flags: YamuxFrame.Flags, _ events: inout [Event]) {
        guard !flags.isEmpty, let place = streams.place(of: UInt64(stream)) else { return }
        if flags.contains(.rst) {
            let isAcknowledged = streams[place: place].isAcknowledged
            remove(stream)
            events.append(.reset(stream, unaccepted: !isAcknowledged))
        } else if flags.contains(.fin), !streams[place: place].peerFinished {
            streams[place: place].peerFinished = true
            if streams[place: place].hasFinished { remove(stream) }
            events.append(.finished(stream))
        }
    }

    /// Adds credit, and sends what waited for it.
    private mutating func addCredit(_ credit: Int, to stream: UInt32, _ output: inout [UInt8]) {
        guard credit > 0, var state = streams.removeValue(forKey: UInt64(stream)) else { return }
        // Kept within 32 bits, as the field on the wire.
        state.sendCredit = min(state.sendCredit + credit, Int(UInt32.max))
        let count = min(state.sendCredit, state.pending.count - state.pendingStart)
        if count > 0 {
            YamuxFrame(.data, stream: stream, length: UInt32(count)).encode(into: &output)
            output.append(contentsOf: state.pending[state.pendingStart..<state.pendingStart + count])
            state.pendingStart += count
            state.sendCredit -= count
            pendingCount -= count
        }
        if state.pendingStart == state.pending.count {
            state.pending = []
            state.pendingStart = 0
            if state.finishesAfterPending {
                YamuxFrame(.windowUpdate, .fin, stream: stream).encode(into: &output)
                state.hasFinished = true
            }
        }
        streams[UInt64(stream)] = state
        if state.hasFinished && state.peerFinished { remove(stream) }
    }
}
