import FederationModel
import NIOCore
import NIOHTTP1

/// One HTTP connection: gathers whole requests, hands them out one at a time in order, writes each answer. Bound to
/// its loop.
final class HTTPConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private struct Incoming {
        var head: HTTPRequestHead
        var body: [UInt8] = []
    }

    private struct Current {
        let number: UInt64
        let isHead: Bool
        let isKeptAlive: Bool
        let isOldVersion: Bool
        let acceptsGzip: Bool
        /// The head of an answer without a length has been sent.
        var isStreaming = false
        /// The request, when it is one that comes again.
        var repeated: RepeatedRequest?
        /// Who is told when the connection ends first. The responder itself is not held: who throws it away
        /// unanswered owes nothing more.
        var onClose: (@Sendable () -> Void)?
    }

    private let listener: HTTPListenerState
    private let memory: RequestMemory
    private var context: ChannelHandlerContext?
    private var from: Endpoint?
    /// The request being read, and when its first part came.
    private var incoming: Incoming?
    private var incomingSince: NIODeadline?
    private var current: Current?
    /// Whole requests behind the current one; reading stops at `maxPipelined`.
    private var waiting: [Incoming] = []
    private var nextNumber: UInt64 = 0
    private var lastActivity = NIODeadline.now()
    private var isReading = false
    private var isReadWanted = false
    private var socket: ChannelSocket?
    /// Writes that the channel has still to finish, because its socket did not take them at once.
    private var bufferedCount = 0
    /// Answers to what is being read, sent together when it has been.
    private var gathered: ByteBuffer?
    /// Nothing more is read: the connection ends with the answer under way.
    private var isEnding = false
    private var timer: Scheduled<Void>?
    /// The parser holds no part of a request.
    private var isClean = true
    /// What is being parsed, when it began with a request.
    private var parsing: ByteBuffer?

    init(_ listener: HTTPListenerState, _ memory: RequestMemory) {
        self.listener = listener
        self.memory = memory
    }

    // MARK: Lifetime

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        from = context.remoteAddress.flatMap { Endpoint($0) }
        socket = ChannelSocket(context.channel)
        switch listener.opened(context.channel, self, from: from?.address) {
        case .accepted: watch(context)
        case .full: turnAway(.plain(503, "too many connections"))
        case .clientHasTooMany: turnAway(.plain(429, "too many connections from this address"))
        }
    }

    private func turnAway(_ answer: HTTPAnswer) {
        send(answer, isHead: false, connection: "close")
        end()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        // Its number is another's soon.
        socket = nil
        timer?.cancel()
        listener.closed(context.channel)
        waiting = []
        let onClose = current?.onClose
        current = nil
        onClose?()
    }

    /// Called at once when the connection has ended.
    func onClose(of number: UInt64, _ action: @escaping @Sendable () -> Void) {
        if current?.number == number {
            current?.onClose = action
        } else if context == nil {
            action()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError, !isEnding else { return context.close(promise: nil) }
        if case .headerOverflow = error as? HTTPParserError {
            refuse(.plain(431, "the request's headers are too large"))
        } else {
            refuse(.plain(400, "the request is not HTTP: \(error)"))
        }
    }

    /// Looks at the time now and then, instead of moving a timer at each request.
    private func watch(_ context: ChannelHandlerContext) {
        let pause = TimeAmount(min(listener.limits.idleTime, listener.limits.requestTime) / 2)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: pause) {
            guard let context = bound.value.context else { return }
            bound.value.checkTime()
            bound.value.watch(context)
        }
    }

    private func checkTime() {
        let now = NIODeadline.now()
        if let since = incomingSince, current == nil, now - since > TimeAmount(listener.limits.requestTime) {
            refuse(.plain(408, "the request took too long to arrive"))
        } else if current == nil, incoming == nil, now - lastActivity > TimeAmount(listener.limits.idleTime) {
            context?.close(promise: nil)
        }
    }

    /// The listener closes: at once when no answer is owed, else after it.
    func quiesce() {
        isEnding = true
        waiting = []
        if current == nil || current?.isStreaming == true { context?.close(promise: nil) }
    }

    // MARK: Reading

    /// Bytes before they are parsed.
    /// - Returns: true when they were a request that came before, and `parse` is not needed.
    func take(_ buffer: ByteBuffer) -> Bool {
        guard isClean, current == nil, incoming == nil, waiting.isEmpty, !isEnding, bufferedCount == 0, let context
        else { return false }
        guard let known = memory.find(buffer, from: from?.address) else {
            parsing = buffer
            return false
        }
        isReading = true
        nextNumber += 1
        if known.answer != nil {
            switch listener.recall(known) {
            case .unknown: break
            case .same:
                sendAgain(known, nil, context)
                return true
            case .headers(let headers):
                sendAgain(known, headers, context)
                return true
            }
        }
        let responder = HTTPResponder(self, number: nextNumber, loop: context.eventLoop)
        current = Current(
            number: nextNumber, isHead: known.isHead, isKeptAlive: known.isKeptAlive,
            isOldVersion: known.isOldVersion, acceptsGzip: known.acceptsGzip, repeated: known)
        let head = HTTPHead(
            method: known.method, uri: known.uri, headers: known.headers, from: from, repeated: known)
        listener.handler(head, [], responder)
        return true
    }

    /// The bytes that `take` did not want have been parsed.
    func parsed(_ buffer: ByteBuffer) {
        parsing = nil
        isClean = incoming == nil && !isEnding && RequestMemory.endsHead(buffer)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        guard !isEnding else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head)
        case .body(let part): append(part)
        case .end: finishRequest()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        sendGathered(context)
    }

    func read(context: ChannelHandlerContext) {
        if isFull {
            isReadWanted = true
        } else {
            context.read()
        }
    }

    /// Enough waits behind the request under way: the peer has to. What it may hold beyond its own request and answer
    /// is bounded by `maxPipelined` and `maxWaitingBytes`.
    private var isFull: Bool {
        guard current != nil || !waiting.isEmpty else { return false }
        return waiting.count >= listener.limits.maxPipelined
            || waiting.reduce(incoming?.body.count ?? 0) { $0 + $1.body.count } > listener.limits.maxWaitingBytes
    }

    /// Answers that the peer does not read: no further request is begun until they have left.
    private var isStuck: Bool { context?.channel.isWritable == false }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { next() }
        context.fireChannelWritabilityChanged()
    }

    private func begin(_ head: HTTPRequestHead) {
        let limits = listener.limits
        let headerBytes = head.headers.reduce(head.uri.utf8.count) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        guard headerBytes <= limits.maxHeaderBytes else {
            return refuse(.plain(431, "the request's headers are too large"))
        }
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > limits.maxBodyBytes {
            return refuse(tooLarge)
        }
        // RFC 9112 §3.2: exactly one says which host is meant.
        let hostCount = head.headers[canonicalForm: "host"].count
        guard hostCount == 1 || hostCount == 0 && head.version.minor == 0 else {
            let problem = hostCount == 0 ? "missing required Host header" : "too many Host headers"
            return refuse(.plain(400, "400 Bad Request: \(problem)"))
        }
        if current == nil, head.headers.first(name: "expect")?.lowercased() == "100-continue", let context {
            sendGathered(context)
            send(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"), context)
        }
        incoming = Incoming(head: head)
        incomingSince = NIODeadline.now()
    }

    private func append(_ part: ByteBuffer) {
        guard let count = incoming?.body.count else { return }
        guard count + part.readableBytes <= listener.limits.maxBodyBytes else { return refuse(tooLarge) }
        incoming?.body.append(contentsOf: part.readableBytesView)
    }

    private func finishRequest() {
        guard let request = incoming else { return }
        incoming = nil
        incomingSince = nil
        if current == nil, waiting.isEmpty, !isStuck {
            hand(out: request)
        } else {
            waiting.append(request)
        }
    }

    private var tooLarge: HTTPAnswer {
        .plain(413, "Request body too large, max size: \(listener.limits.maxBodyBytes) bytes")
    }

    // MARK: Answering

    private func hand(out request: Incoming) {
        guard let context else { return }
        nextNumber += 1
        let responder = HTTPResponder(self, number: nextNumber, loop: context.eventLoop)
        var one = Current(
            number: nextNumber, isHead: request.head.method == .HEAD, isKeptAlive: request.head.isKeepAlive,
            isOldVersion: request.head.version.minor == 0,
            acceptsGzip: request.head.headers.first(name: "accept-encoding").map(Gzip.isAccepted) ?? false)
        var head = HTTPHead(
            method: request.head.method.rawValue, uri: request.head.uri,
            headers: request.head.headers.map { (name: $0.name, value: $0.value) }, from: from)
        head.repeated = repeated(request, head, one)
        one.repeated = head.repeated
        current = one
        listener.handler(head, request.body, responder)
    }

    /// The request as one that comes again, if it is: all that was just read is its head.
    private func repeated(_ request: Incoming, _ head: HTTPHead, _ one: Current) -> RepeatedRequest? {
        guard let buffer = parsing else { return nil }
        parsing = nil
        let method = request.head.method
        guard method == .GET || method == .HEAD, request.body.isEmpty, waiting.isEmpty,
            !request.head.headers.contains(where: { Self.changesReading.contains($0.name.lowercased()) }),
            RequestMemory.isWhole(buffer)
        else { return nil }
        return memory.admit(buffer) { bytes in
            RepeatedRequest(
                bytes: bytes, client: from?.address, method: head.method, uri: head.uri, headers: head.headers,
                isHead: one.isHead, isKeptAlive: one.isKeptAlive, isOldVersion: one.isOldVersion,
                acceptsGzip: one.acceptsGzip)
        }
    }

    /// Headers that make the parser or this connection wait for more than a head.
    private static let changesReading: Set<String> = ["expect", "upgrade", "transfer-encoding", "content-length"]

    /// Refuses the request being read. An answer owed to an earlier one is given up with the connection.
    private func refuse(_ answer: HTTPAnswer) {
        incoming = nil
        incomingSince = nil
        isEnding = true
        waiting = []
        guard current == nil else { return }
        send(answer, isHead: false, connection: "close")
        end()
    }

    func answer(_ number: UInt64, _ answer: HTTPAnswer) {
        guard let current, current.number == number, context != nil else { return }
        self.current = nil
        lastActivity = .now()
        // Nobody has more to say: the last chunk.
        if current.isStreaming {
            if !current.isOldVersion, let context { write(ByteBuffer(string: "0\r\n\r\n"), context) }
            return end()
        }
        let encoded = current.acceptsGzip ? answer.encoded : answer
        let isLast = isEnding || encoded.endsConnection || !current.isKeptAlive
        send(
            encoded, isHead: current.isHead, connection: isLast ? "close" : current.isOldVersion ? "keep-alive" : nil,
            keeping: answer.isKept && !isEnding && !encoded.endsConnection ? current.repeated : nil)
        if isLast { return end() }
        serveNext()
    }

    /// The answer under way is the request's last one again.
    /// - Parameter headers: those of now; nil when they are the same too.
    /// - Returns: false when that is no longer at hand.
    func answerAgain(_ number: UInt64, _ headers: [(name: String, value: String)]?) -> Bool {
        // Asked of the value where it stands: a copy would retain what it holds.
        guard current?.number == number, current?.isStreaming == false, !isEnding, let context,
            let known = current?.repeated, known.answer != nil
        else { return false }
        current = nil
        sendAgain(known, headers, context)
        if !isEnding { serveNext() }
        return true
    }

    private func sendAgain(
        _ known: RepeatedRequest, _ headers: [(name: String, value: String)]?, _ context: ChannelHandlerContext
    ) {
        lastActivity = .now()
        if let headers {
            var answer = HTTPAnswer(status: known.answer?.status ?? 200, headers: headers)
            if known.answer?.isEncoded == true { answer.headers.append((name: "Content-Encoding", value: "gzip")) }
            let body = known.answer?.body ?? ByteBuffer()
            var buffer = context.channel.allocator.buffer(capacity: 320 + body.readableBytes)
            answer.writeHead(into: &buffer, bodyBytes: body.readableBytes, connection: known.connection)
            if !known.isHead { buffer.writeImmutableBuffer(body) }
            write(buffer, context)
        } else if let buffer = known.dated() {
            write(buffer, context)
        }
        if !known.isKeptAlive { end() }
    }

    private func serveNext() {
        guard !waiting.isEmpty else { return resumeReading() }
        // On a turn of its own, so that answers given at once do not nest.
        guard let context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.next() }
    }

    // MARK: Answers without a length

    /// Begins an answer that lasts until one side ends it (RFC 9112 §7.1); the connection ends with it.
    func begin(_ number: UInt64, _ answer: HTTPAnswer) {
        guard let current, current.number == number, !current.isStreaming, let context else { return }
        self.current?.isStreaming = true
        var buffer = context.channel.allocator.buffer(capacity: 256)
        answer.writeHead(into: &buffer, isChunked: !current.isOldVersion)
        write(buffer, context)
    }

    /// A piece of it. A caller that does not read gets holes instead of a queue: what its socket and the channel's
    /// 64 KiB do not take is thrown away.
    func stream(_ number: UInt64, _ bytes: [UInt8]) {
        guard let current, current.number == number, current.isStreaming, let context, !bytes.isEmpty else { return }
        guard context.channel.isWritable else { return }
        lastActivity = .now()
        var buffer = context.channel.allocator.buffer(capacity: bytes.count + 16)
        if !current.isOldVersion {
            buffer.writeString(String(bytes.count, radix: 16))
            buffer.writeStaticString("\r\n")
        }
        buffer.writeBytes(bytes)
        if !current.isOldVersion { buffer.writeStaticString("\r\n") }
        write(buffer, context)
    }

    private func next() {
        guard current == nil, !waiting.isEmpty, !isStuck else { return }
        let request = waiting.removeFirst()
        hand(out: request)
        resumeReading()
    }

    private func resumeReading() {
        guard isReadWanted, !isFull else { return }
        isReadWanted = false
        context?.read()
    }

    private func send(
        _ answer: HTTPAnswer, isHead: Bool, connection: StaticString?, keeping request: RepeatedRequest? = nil
    ) {
        guard let context else { return }
        var buffer = context.channel.allocator.buffer(capacity: 320 + answer.body.count)
        answer.write(into: &buffer, isHead: isHead, connection: connection)
        if let request {
            request.answer = nil
            // A body that HEAD does not send is not at hand for GET: the two are different requests.
            if memory.mayKeep(buffer.readableBytes) { request.keep(answer, buffer) }
        }
        write(buffer, context)
    }

    /// Closes once everything is sent, and gives the peer a moment to read it before what it still sends is refused.
    private func end() {
        guard let context else { return }
        isEnding = true
        waiting = []
        let channel = context.channel
        sendGathered(context)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            channel.close(mode: .output, promise: nil)
        }
        context.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }

    // MARK: Sending

    /// Beyond this the answers to a pipeline are not gathered further: whether the peer takes them is to be known
    /// before the next is made.
    private static let maxGatheredBytes = 64 << 10

    private func write(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        guard isReading else { return send(buffer, context) }
        gathered.setOrWriteImmutableBuffer(buffer)
        if gathered?.readableBytes ?? 0 >= Self.maxGatheredBytes { sendGathered(context) }
    }

    private func sendGathered(_ context: ChannelHandlerContext) {
        guard let buffer = gathered else { return }
        gathered = nil
        send(buffer, context)
    }

    /// What the socket does not take now is the channel's, and so is all that comes behind it.
    private func send(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        var rest = buffer
        if bufferedCount == 0, let socket { rest.moveReaderIndex(forwardBy: socket.write(buffer)) }
        guard rest.readableBytes > 0 else { return }
        bufferedCount += 1
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(rest)).whenComplete { _ in bound.value.bufferedCount -= 1 }
    }
}
