package import FederationModel
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix

/// Puts one question to one server and takes its answer. Each question has a socket, and so a port, of its own: an
/// answer has to know it (RFC 5452 §9.2).
package final class DNSForwarder: Sendable {
    /// Questions under way; more are given up at once, as resolvers ask again.
    package static let maxWaitingCount = 1024

    package typealias Done = @Sendable ([UInt8]?) -> Void
    package typealias Acceptance = @Sendable ([UInt8]) -> Bool

    private let loops: any EventLoopGroup
    private let timeout: TimeAmount
    private let waitingCount = NIOLockedValueBox(0)

    /// - Parameter timeout: from the question to its answer, connecting included.
    package init(loops: any EventLoopGroup, timeout: Duration) {
        self.loops = loops
        self.timeout = TimeAmount(timeout)
    }

    /// - Parameters:
    ///   - accepts: whether a message is the answer; others are ignored.
    ///   - done: called once, on a loop, with nil when there was no answer in time.
    package func ask(
        _ packet: [UInt8], of server: Endpoint, over transport: DNSTransport, accepts: @escaping Acceptance,
        done: @escaping Done
    ) {
        let isFree = waitingCount.withLockedValue { count in
            guard count < Self.maxWaitingCount else { return false }
            count += 1
            return true
        }
        guard isFree, let address = try? SocketAddress(server) else { return done(nil) }
        let exchange = Exchange { [waitingCount] answer in
            waitingCount.withLockedValue { $0 -= 1 }
            done(answer)
        }
        let opening =
            switch transport {
            case .udp: open(datagramTo: address, packet, accepts, exchange)
            case .tcp: open(streamTo: address, packet, accepts, exchange)
            }
        opening.whenFailure { _ in exchange.finish(nil) }
        opening.whenSuccess { [timeout] channel in
            let timer = channel.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
            channel.closeFuture.whenComplete { _ in
                timer.cancel()
                exchange.finish(nil)
            }
        }
    }

    private func open(
        datagramTo address: SocketAddress, _ packet: [UInt8], _ accepts: @escaping Acceptance, _ exchange: Exchange
    ) -> EventLoopFuture<any NIOChannel> {
        let any = address.protocol == .inet6 ? "::" : "0.0.0.0"
        return DatagramBootstrap(group: loops)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        DatagramQuestion(address, packet, accepts, exchange))
                }
            }
            .bind(host: any, port: 0)
    }

    private func open(
        streamTo address: SocketAddress, _ packet: [UInt8], _ accepts: @escaping Acceptance, _ exchange: Exchange
    ) -> EventLoopFuture<any NIOChannel> {
        ClientBootstrap(group: loops)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StreamQuestion(packet, accepts, exchange))
                }
            }
            .connect(to: address)
    }

    /// Told once.
    final class Exchange: Sendable {
        private let done: NIOLockedValueBox<Done?>

        init(_ done: @escaping Done) { self.done = NIOLockedValueBox(done) }

        func finish(_ answer: [UInt8]?) {
            let done = done.withLockedValue { done in
                defer { done = nil }
                return done
            }
            done?(answer)
        }
    }
}

/// Bound to its loop.
private final class DatagramQuestion: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let address: SocketAddress
    private let packet: [UInt8]
    private let accepts: DNSForwarder.Acceptance
    private let exchange: DNSForwarder.Exchange

    init(
        _ address: SocketAddress, _ packet: [UInt8], _ accepts: @escaping DNSForwarder.Acceptance,
        _ exchange: DNSForwarder.Exchange
    ) {
        self.address = address
        self.packet = packet
        self.accepts = accepts
        self.exchange = exchange
    }

    func channelActive(context: ChannelHandlerContext) {
        let buffer = context.channel.allocator.buffer(bytes: packet)
        context.writeAndFlush(wrapOutboundOut(AddressedEnvelope(remoteAddress: address, data: buffer)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let bytes = Array(envelope.data.readableBytesView)
        guard envelope.remoteAddress == address, accepts(bytes) else { return }
        exchange.finish(bytes)
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Bound to its loop.
private final class StreamQuestion: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let packet: [UInt8]
    private let accepts: DNSForwarder.Acceptance
    private let exchange: DNSForwarder.Exchange
    /// At most one message of 65,535 bytes and what came with it.
    private var received: [UInt8] = []

    init(_ packet: [UInt8], _ accepts: @escaping DNSForwarder.Acceptance, _ exchange: DNSForwarder.Exchange) {
        self.packet = packet
        self.accepts = accepts
        self.exchange = exchange
    }

    func channelActive(context: ChannelHandlerContext) {
        var buffer = context.channel.allocator.buffer(capacity: packet.count + 2)
        buffer.writeInteger(UInt16(clamping: packet.count))
        buffer.writeBytes(packet)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.append(contentsOf: unwrapInboundIn(data).readableBytesView)
        guard received.count >= 2 else { return }
        let length = Int(received[0]) << 8 | Int(received[1])
        guard received.count >= 2 + length else { return }
        let message = Array(received[2..<(2 + length)])
        exchange.finish(accepts(message) ? message : nil)
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
