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
        weak var responder: HTTPResponder?
    }

    private let listener: HTTPListenerState
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
    private var isFlushDue = false
    /// Nothing more is read: the connection ends with the answer under way.
    private var isEnding = false
    private var timer: Scheduled<Void>?

    init(_ listener: HTTPListenerState) { self.listener = listener }

    // MARK: Lifetime

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        from = context.remoteAddress.flatMap { Endpoint($0) }
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
        timer?.cancel()
        listener.closed(context.channel)
        waiting = []
        let responder = current?.responder
        current = nil
        responder?.connectionClosed()
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
        if isFlushDue {
            isFlushDue = false
            context.flush()
        }
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
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
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
        current = Current(
            number: nextNumber, isHead: request.head.method == .HEAD, isKeptAlive: request.head.isKeepAlive,
            isOldVersion: request.head.version.minor == 0,
            acceptsGzip: request.head.headers.first(name: "accept-encoding").map(Gzip.isAccepted) ?? false,
            responder: responder)
        let head = HTTPHead(
            method: request.head.method.rawValue, uri: request.head.uri,
            headers: request.head.headers.map { (name: $0.name, value: $0.value) }, from: from)
        listener.handler(head, request.body, responder)
    }

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
            if !current.isOldVersion {
                context?.write(wrapOutboundOut(ByteBuffer(string: "0\r\n\r\n")), promise: nil)
            }
            return end()
        }
        let answer = current.acceptsGzip ? answer.encoded : answer
        let isLast = isEnding || answer.endsConnection || !current.isKeptAlive
        send(answer, isHead: current.isHead, connection: isLast ? "close" : current.isOldVersion ? "keep-alive" : nil)
        if isLast { return end() }
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
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
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
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
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

    private func send(_ answer: HTTPAnswer, isHead: Bool, connection: StaticString?) {
        guard let context else { return }
        var buffer = context.channel.allocator.buffer(capacity: 256 + answer.body.count)
        answer.write(into: &buffer, isHead: isHead, connection: connection)
        context.write(wrapOutboundOut(buffer), promise: nil)
        if isReading {
            isFlushDue = true
        } else {
            context.flush()
        }
    }

    /// Closes once everything is sent, and gives the peer a moment to read it before what it still sends is refused.
    private func end() {
        guard let context else { return }
        isEnding = true
        waiting = []
        let channel = context.channel
        isFlushDue = false
        context.flush()
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            channel.close(mode: .output, promise: nil)
        }
        context.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }
}
