package import FederationModel
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix

package struct DNSLimits: Sendable {
    /// Questions by UDP that wait for an answer; more are dropped, as resolvers ask again.
    package var maxWaiting = 4096
    package var maxConnections = 512
    /// Questions of one TCP connection that wait; with more it is closed.
    package var maxPipelined = 64
    /// A TCP connection without a question for so long is closed (RFC 7766 §6.2.3).
    package var idleTime = Duration.seconds(10)

    package init() {}
}

package enum DNSTransport: Equatable, Sendable {
    case udp, tcp
}

/// Answers one question, once, from any thread; nil drops it.
package struct DNSResponder: Sendable {
    private let loop: any EventLoop
    private let send: @Sendable ([UInt8]?) -> Void

    /// - Parameter send: called on the loop.
    init(_ loop: any EventLoop, _ send: @escaping @Sendable ([UInt8]?) -> Void) {
        self.loop = loop
        self.send = send
    }

    package func respond(_ packet: [UInt8]?) {
        if loop.inEventLoop {
            send(packet)
        } else {
            loop.execute { [send] in send(packet) }
        }
    }

    /// Runs something on the listener's loop, later.
    package func onLoop(_ work: @escaping @Sendable () -> Void) { loop.execute(work) }

    package func onLoop(in pause: Duration, _ work: @escaping @Sendable () -> Void) {
        loop.scheduleTask(in: TimeAmount(pause)) { work() }
    }
}

/// DNS by UDP and TCP on one address and port: packets in and out. The handler is called on the listener's loop.
package final class DNSListener: Sendable {
    package typealias Handler = @Sendable ([UInt8], DNSTransport, DNSResponder) -> Void
    /// Asked of each question by UDP before it is handed out, on the listener's loop: writes the answer if it knows it.
    package typealias Recall = @Sendable (UnsafeRawBufferPointer, inout ByteBuffer) -> Bool

    package let endpoint: Endpoint
    private let udp: any NIOChannel
    private let tcp: any NIOChannel

    private init(udp: any NIOChannel, tcp: any NIOChannel, endpoint: Endpoint) {
        self.udp = udp
        self.tcp = tcp
        self.endpoint = endpoint
    }

    /// - Parameter endpoint: with port 0 the system chooses one that is free for both.
    package static func bind(
        to endpoint: Endpoint, loop: any EventLoop, limits: DNSLimits = DNSLimits(),
        recall: @escaping Recall = { _, _ in false }, handler: @escaping Handler
    ) async throws -> DNSListener {
        var attempt = 0
        while true {
            attempt += 1
            let udp = try await bindUDP(endpoint, loop, limits, recall, handler)
            do {
                guard let bound = udp.localAddress.flatMap({ Endpoint($0) }) else {
                    throw ChannelError.unknownLocalAddress
                }
                let tcp = try await bindTCP(bound, loop, limits, handler)
                return DNSListener(udp: udp, tcp: tcp, endpoint: bound)
            } catch {
                try? await udp.close()
                // The port the system chose for UDP may be taken for TCP.
                guard endpoint.port == 0 && attempt < 16 else { throw error }
            }
        }
    }

    package func close() async {
        try? await udp.close()
        try? await tcp.close()
    }

    /// Questions read with one system call; 64 KiB of buffer.
    private static let burst = 16

    private static func bindUDP(
        _ endpoint: Endpoint, _ loop: any EventLoop, _ limits: DNSLimits, _ recall: @escaping Recall,
        _ handler: @escaping Handler
    ) async throws -> any NIOChannel {
        try await DatagramBootstrap(group: loop)
            .channelOption(.socketOption(.init(rawValue: SocketBuffer.receive)), value: SocketBuffer.bytes)
            // RFC 1035 §4.2.1 and EDNS: questions are short. Each of a burst has its part of the buffer.
            .channelOption(.datagramVectorReadMessageCount, value: burst)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: burst * 4096))
            .channelOption(.maxMessagesPerRead, value: 4)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DNSDatagramHandler(limits, recall, handler))
                }
            }
            .bind(to: try SocketAddress(endpoint)).get()
    }

    private static func bindTCP(
        _ endpoint: Endpoint, _ loop: any EventLoop, _ limits: DNSLimits, _ handler: @escaping Handler
    ) async throws -> any NIOChannel {
        let openCount = NIOLockedValueBox(0)
        return try await ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { child in
                let isTaken = openCount.withLockedValue { count in
                    guard count < limits.maxConnections else { return false }
                    count += 1
                    return true
                }
                guard isTaken else { return child.close() }
                child.closeFuture.whenComplete { _ in openCount.withLockedValue { $0 -= 1 } }
                return child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandler(DNSStreamHandler(limits, handler))
                }
            }
            .bind(to: try SocketAddress(endpoint)).get()
    }
}

/// Bound to its loop.
private final class DNSDatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let limits: DNSLimits
    private let recall: DNSListener.Recall
    private let handler: DNSListener.Handler
    private var waitingCount = 0
    private var isReading = false
    private var isFlushDue = false

    init(_ limits: DNSLimits, _ recall: @escaping DNSListener.Recall, _ handler: @escaping DNSListener.Handler) {
        self.limits = limits
        self.recall = recall
        self.handler = handler
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        let envelope = unwrapInboundIn(data)
        guard waitingCount < limits.maxWaiting else { return }
        var answer = ByteBuffer()
        if envelope.data.withUnsafeReadableBytes({ recall($0, &answer) }) {
            guard context.channel.isWritable else { return }
            let reply = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: answer)
            return context.write(wrapOutboundOut(reply), promise: nil)
        }
        waitingCount += 1
        let (loop, remote) = (context.eventLoop, envelope.remoteAddress)
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: loop)
        let responder = DNSResponder(loop) { packet in
            bound.value.handler.answer(packet, to: remote, bound.value.context)
        }
        handler(Array(envelope.data.readableBytesView), .udp, responder)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        context.flush()
    }

    private func answer(_ packet: [UInt8]?, to remote: SocketAddress, _ context: ChannelHandlerContext) {
        waitingCount -= 1
        guard let packet, context.channel.isWritable else { return }
        let envelope = AddressedEnvelope(
            remoteAddress: remote, data: context.channel.allocator.buffer(bytes: packet))
        context.write(wrapOutboundOut(envelope), promise: nil)
        guard !isReading, !isFlushDue else { return }
        // Answers of other servers come in bursts: one system call sends those of one turn.
        isFlushDue = true
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.execute {
            bound.value.handler.isFlushDue = false
            bound.value.context.flush()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/// Packets with two bytes of length before each (RFC 1035 §4.2.2). Bound to its loop.
private final class DNSStreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let limits: DNSLimits
    private let handler: DNSListener.Handler
    private var received = ByteBuffer()
    private var waitingCount = 0
    private var lastActivity = NIODeadline.now()
    private var context: ChannelHandlerContext?

    init(_ limits: DNSLimits, _ handler: @escaping DNSListener.Handler) {
        self.limits = limits
        self.handler = handler
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) { watch(context.eventLoop) }

    func channelInactive(context: ChannelHandlerContext) { self.context = nil }

    private func watch(_ loop: any EventLoop) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        let idle = TimeAmount(limits.idleTime)
        loop.scheduleTask(deadline: lastActivity + idle) {
            guard let context = bound.value.context else { return }
            if bound.value.waitingCount == 0 && NIODeadline.now() - bound.value.lastActivity >= idle {
                return context.close(promise: nil)
            }
            if bound.value.waitingCount > 0 { bound.value.lastActivity = .now() }
            bound.value.watch(loop)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        received.writeBuffer(&part)
        while let length = received.getInteger(at: received.readerIndex, as: UInt16.self),
            received.readableBytes >= 2 + Int(length)
        {
            received.moveReaderIndex(forwardBy: 2)
            guard let packet = received.readBytes(length: Int(length)) else { return }
            ask(packet, context)
        }
        received.discardReadBytes()
    }

    private func ask(_ packet: [UInt8], _ context: ChannelHandlerContext) {
        guard waitingCount < limits.maxPipelined else { return context.close(promise: nil) }
        // Only a whole question counts as a sign of life: half a one does not hold the connection.
        lastActivity = .now()
        waitingCount += 1
        let loop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: loop)
        let responder = DNSResponder(loop) { bound.value.answer($0) }
        handler(packet, .tcp, responder)
    }

    private func answer(_ packet: [UInt8]?) {
        waitingCount -= 1
        guard let context, let packet, let length = UInt16(exactly: packet.count) else { return }
        var buffer = context.channel.allocator.buffer(capacity: packet.count + 2)
        buffer.writeInteger(length)
        buffer.writeBytes(packet)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
