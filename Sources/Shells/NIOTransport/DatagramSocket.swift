package import FederationModel
package import NIOCore
import NIOPosix

/// A UDP socket of a gossip pool on the control loop: whole datagrams in and out. Datagrams that do not fit the
/// socket's buffer are lost, as on the network.
///
/// `@unchecked Sendable`: all state is touched on the channel's loop only, which every entry checks.
package final class DatagramSocket: @unchecked Sendable {
    package let endpoint: Endpoint
    private let channel: any NIOChannel
    private var isFlushDue = false

    private init(_ channel: any NIOChannel, _ endpoint: Endpoint) {
        self.channel = channel
        self.endpoint = endpoint
    }

    /// - Parameter handler: called on `loop`.
    package static func bind(
        to endpoint: Endpoint, loop: any EventLoop, handler: @escaping @Sendable (Endpoint, [UInt8]) -> Void
    ) -> EventLoopFuture<DatagramSocket> {
        let bootstrap = DatagramBootstrap(group: loop)
            .channelOption(.socketOption(.init(rawValue: SocketBuffer.receive)), value: SocketBuffer.bytes)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
            .channelOption(.maxMessagesPerRead, value: 64)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramHandler(handler))
                }
            }
        do {
            return bootstrap.bind(to: try SocketAddress(endpoint)).flatMapThrowing { channel in
                guard let bound = channel.localAddress.flatMap({ Endpoint($0) }) else {
                    throw ChannelError.unknownLocalAddress
                }
                return DatagramSocket(channel, bound)
            }
        } catch {
            return loop.makeFailedFuture(error)
        }
    }

    /// What IPv4 can carry in one datagram.
    package static let maxBytes = 65_507

    /// Datagrams of one turn of the loop leave together at its end; longer ones than `maxBytes` are dropped.
    package func send(_ bytes: [UInt8], to endpoint: Endpoint) {
        channel.eventLoop.preconditionInEventLoop()
        guard bytes.count <= Self.maxBytes, channel.isWritable else { return }
        guard let address = try? SocketAddress(endpoint) else { return }
        let envelope = AddressedEnvelope(remoteAddress: address, data: channel.allocator.buffer(bytes: bytes))
        channel.write(envelope, promise: nil)
        guard !isFlushDue else { return }
        isFlushDue = true
        channel.eventLoop.execute { [self] in
            isFlushDue = false
            channel.flush()
        }
    }

    package func close() -> EventLoopFuture<Void> {
        channel.close(promise: nil)
        return channel.closeFuture
    }
}

/// Room for bursts of a large pool; the kernel may grant less.
enum SocketBuffer {
    /// SO_RCVBUF.
    static let receive: CInt = 8
    static let bytes = ChannelOptions.Types.SocketOption.Value(2 << 20)
}

private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let handler: @Sendable (Endpoint, [UInt8]) -> Void

    init(_ handler: @escaping @Sendable (Endpoint, [UInt8]) -> Void) { self.handler = handler }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let from = Endpoint(envelope.remoteAddress) else { return }
        handler(from, Array(envelope.data.readableBytesView))
    }

    /// A datagram that could not be sent is lost; the socket stays.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
