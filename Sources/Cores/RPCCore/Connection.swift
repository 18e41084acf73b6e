import Determinism
import FederationModel
import WireFormat

/// One net/rpc stream: a yamux stream, or a whole connection opened with byte 0.
struct RPCStream: Sendable {
    enum Use: Equatable, Sendable {
        /// Accepted, reads requests.
        case listening
        /// Accepted, its request is being answered; what follows waits.
        case serving(InboundID)
        /// Dialled, in the pool.
        case idle
        /// Dialled, waits for the answer of a call slot.
        case calling(Int)
    }

    var use: Use
    /// Of the request in service, for its answer.
    var sequence: UInt64 = 0
    var method = ""
    var reader = MessageReader()
}

/// One TCP connection.
struct Connection: Sendable {
    enum Role: Equatable, Sendable {
        case free
        /// Accepted, no first byte yet.
        case unopened
        case plain
        case raftAccepted
        case multiplexed
        case raftDialled
    }

    /// The stream number that stands for a whole connection opened with byte 0; yamux streams begin at 1.
    static let plainStream: UInt32 = 0

    var id: StreamID
    var remote: Endpoint
    var role: Role
    var isConnected: Bool
    /// Dialled for one call, outside the pool.
    var isFresh = false
    var session: YamuxSession?
    var streams = NumberTable<RPCStream>()
    /// Idle dialled streams, the last used at the end.
    var idle: [UInt32] = []
    /// Call slots that wait for the connection, or for room in the peer's backlog.
    var waiting: [Int] = []
    /// Calls on its streams.
    var callCount = 0
    /// Start or end of a call.
    var lastUse: Instant
    /// Bytes of any kind.
    var lastReceived: Instant
    /// To be written when the present input has been handled.
    var output: [UInt8] = []
    var raftFrames = FrameReader()
    /// Bytes of unfinished and waiting requests, when accepted.
    var bufferedCount = 0

    init(_ id: StreamID, remote: Endpoint, role: Role, at now: Instant) {
        self.id = id
        self.remote = remote
        self.role = role
        isConnected = !id.isDialled
        lastUse = now
        lastReceived = now
    }

    /// Sends one message on a stream in one piece.
    /// - Parameter byteCount: about what `write` appends.
    mutating func send(_ stream: UInt32, byteCount: Int, _ write: (inout [UInt8]) -> Void) -> Bool {
        // Two frame headers go with a stream's first message. Once there is output, it grows by doubling.
        if output.isEmpty { output.reserveCapacity(byteCount + 2 * YamuxFrame.headerBytes) }
        guard role == .multiplexed else {
            write(&output)
            return true
        }
        return session?.send(stream, into: &output, write: write) ?? false
    }

    // Streams are looked at where they stand: to read a part of one in a list of connections is to copy the connection.

    mutating func use(of stream: UInt32) -> RPCStream.Use? {
        guard let place = streams.place(of: UInt64(stream)) else { return nil }
        return streams[place: place].use
    }

    /// Of a stream that is there.
    mutating func setUse(of stream: UInt32, to use: RPCStream.Use) {
        if let place = streams.place(of: UInt64(stream)) { streams[place: place].use = use }
    }

    /// The next whole message of a stream, nil when more bytes are needed.
    /// - Parameters:
    ///   - range: of `bytes`, what has just arrived; empty when nothing has.
    ///   - isCounted: what is kept for later belongs to `bufferedCount`.
    mutating func next(
        of stream: UInt32, _ bytes: [UInt8], _ range: Range<Int>, isCounted: Bool, maxHeaderBytes: Int,
        maxBodyBytes: Int
    ) throws(WireError) -> RPCMessage? {
        guard let place = streams.place(of: UInt64(stream)) else { return nil }
        let before = streams[place: place].reader.bufferedCount
        defer { if isCounted { bufferedCount += streams[place: place].reader.bufferedCount - before } }
        return try streams[place: place].reader.next(
            bytes, range, maxHeaderBytes: maxHeaderBytes, maxBodyBytes: maxBodyBytes)
    }

    /// A request has come whole, and is answered under its number.
    mutating func serve(_ stream: UInt32, _ id: InboundID, sequence: UInt64, method: String) {
        guard let place = streams.place(of: UInt64(stream)) else { return }
        streams[place: place].use = .serving(id)
        streams[place: place].sequence = sequence
        streams[place: place].method = method
    }

    /// Its answer is at hand: the stream listens again.
    /// - Returns: what the answer repeats; nil when no request of the stream is served.
    mutating func served(_ stream: UInt32) -> (sequence: UInt64, method: String)? {
        guard let place = streams.place(of: UInt64(stream)), case .serving = streams[place: place].use else {
            return nil
        }
        streams[place: place].use = .listening
        return (streams[place: place].sequence, streams[place: place].method)
    }

    /// Its call is answered: keeps a dialled stream for the next one.
    /// - Returns: false when it cannot be: enough are kept, or more came than the answer.
    mutating func rest(_ stream: UInt32, maxIdleCount: Int) -> Bool {
        guard idle.count < maxIdleCount, let place = streams.place(of: UInt64(stream)),
            streams[place: place].reader.bufferedCount == 0
        else { return false }
        streams[place: place].use = .idle
        idle.append(stream)
        return true
    }

    /// Keeps what arrives while a request is served.
    mutating func hold(_ bytes: [UInt8], _ range: Range<Int>, for stream: UInt32) {
        guard let place = streams.place(of: UInt64(stream)) else { return }
        streams[place: place].reader.append(bytes, range)
        bufferedCount += range.count
    }

    func waitsForCredit(_ stream: UInt32) -> Bool { session?.waitsForCredit(stream) ?? false }
    mutating func finish(_ stream: UInt32, at now: Instant) { session?.finish(stream, into: &output, at: now) }
    mutating func reset(_ stream: UInt32) { session?.reset(stream, into: &output) }
    mutating func refuse() { session?.refuse(into: &output) }
    mutating func open() -> UInt32? { session?.open(into: &output) }
    mutating func returnCredit(_ stream: UInt32) { session?.returnCredit(stream, into: &output) }

    mutating func receive(
        _ bytes: [UInt8], from start: Int, at now: Instant, events: inout [YamuxSession.Event]
    ) throws(YamuxError) {
        try session?.receive(bytes, from: start, at: now, into: &output, events: &events)
    }

    mutating func advance(to now: Instant) throws(YamuxError) { try session?.advance(to: now, into: &output) }
}
