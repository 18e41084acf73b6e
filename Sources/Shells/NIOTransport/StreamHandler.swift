import FederationModel
import NIOCore

/// One stream's end of the pipeline: bytes to the transport, and a bound on what waits to be sent. Bound to its loop.
final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let stream: StreamID
    private let owner: StreamTransport
    private var context: ChannelHandlerContext?
    private var hasUnflushed = false
    /// Bytes still read and dropped after the owner closed; nil before.
    private var lingerBytes: Int?

    init(_ stream: StreamID, owner: StreamTransport) {
        self.stream = stream
        self.owner = owner
    }

    var channel: (any NIOChannel)? { context?.channel }

    // MARK: From the transport

    /// - Returns: true when a flush is owed for it from now on.
    func write(_ bytes: [UInt8]) -> Bool {
        guard let context else { return false }
        context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
        guard context.channel.isWritable else {
            // A peer that reads nothing must not fill the memory.
            let channel = context.channel
            context.eventLoop.execute { channel.close(promise: nil) }
            return false
        }
        defer { hasUnflushed = true }
        return !hasUnflushed
    }

    func flush() {
        hasUnflushed = false
        context?.flush()
    }

    /// Sends what is written, says so to the peer and waits for its end, for a while. Closing at once would throw
    /// away what is on its way.
    func closeGently() {
        guard let context else { return }
        lingerBytes = owner.limits.maxLingerBytes
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            channel.close(mode: .output, promise: nil)
        }
        context.eventLoop.scheduleTask(in: TimeAmount(owner.limits.lingerTime)) { channel.close(promise: nil) }
    }

    func closeAtOnce() { context?.close(promise: nil) }

    // MARK: From the channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) { owner.became(active: self, from: context.remoteAddress) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        if let left = lingerBytes {
            lingerBytes = left - buffer.readableBytes
            if left < buffer.readableBytes { closeAtOnce() }
        } else {
            owner.received(self, Array(buffer.readableBytesView))
        }
    }

    func channelInactive(context: ChannelHandlerContext) { owner.ended(self) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
