package import FederationModel
package import NIOCore
import NIOPosix

/// What happened to a stream. After `connectFailed` and `closed` nothing more is heard of it, nor after the owner
/// closed it itself.
package enum StreamEvent: Equatable, Sendable {
    case accepted(StreamID, from: Endpoint)
    case connected(StreamID)
    /// `connection refused`, `connect timeout` or the system's words.
    case connectFailed(StreamID, String)
    case received(StreamID, [UInt8])
    case closed(StreamID)
}

package struct StreamLimits: Sendable {
    /// Written and not yet taken by the peer; one that reads no more than this late is closed.
    package var maxWriteBufferBytes = 64 << 20
    /// Accepted and open at once, over all channels; more are closed at once. Dialled ones are bounded by their cores.
    package var maxAccepted = 8192
    /// How long a stream the owner has closed may take to send its last bytes.
    package var lingerTime = Duration.seconds(2)
    /// Bytes of the peer read and dropped meanwhile.
    package var maxLingerBytes = 256 << 10

    package init() {}
}

/// The TCP streams of one agent, gossip and server RPC: raw bytes by `StreamID`, in and out.
///
/// Everything happens on the one loop given, the control loop: every function is called there, and so is the handler.
/// Writes of one turn of the loop leave together at its end. An event may come within the call that caused it, so the
/// handler puts it behind what its owner is doing.
///
/// `@unchecked Sendable`: all state is touched on `loop` only, which every entry checks.
package final class StreamTransport: @unchecked Sendable {
    package let loop: any EventLoop
    let limits: StreamLimits
    private let handler: (StreamEvent) -> Void
    private var streams: [StreamID: StreamHandler] = [:]
    /// Dials under way that the owner has not closed meanwhile.
    private var dialling: Set<StreamID> = []
    private var listeners: [any NIOChannel] = []
    private var lingering: [ObjectIdentifier: StreamHandler] = [:]
    private var nextAccepted: UInt64 = 1
    private var acceptedCount = 0
    private var unflushed: [StreamHandler] = []

    package init(
        loop: any EventLoop, limits: StreamLimits = StreamLimits(), handler: @escaping (StreamEvent) -> Void
    ) {
        self.loop = loop
        self.limits = limits
        self.handler = handler
    }

    package var openCount: Int { streams.count }

    // MARK: The owner's side

    /// - Returns: the address bound, with the port the system chose for port 0.
    package func listen(_ channel: FederationModel.Channel, on endpoint: Endpoint) -> EventLoopFuture<Endpoint> {
        loop.preconditionInEventLoop()
        let bootstrap = ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: waterMark)
            .childChannelInitializer { [self] child in
                guard acceptedCount < limits.maxAccepted else { return child.close() }
                let stream = StreamID(channel, nextAccepted)
                nextAccepted += 2
                acceptedCount += 1
                return child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandler(StreamHandler(stream, owner: self))
                }
            }
        do {
            return bootstrap.bind(to: try SocketAddress(endpoint)).flatMapThrowing { [self] listener in
                listeners.append(listener)
                guard let bound = listener.localAddress.flatMap({ Endpoint($0) }) else {
                    throw ChannelError.unknownLocalAddress
                }
                return bound
            }
        } catch {
            return loop.makeFailedFuture(error)
        }
    }

    /// Ends in `connected` or `connectFailed`.
    /// - Parameter source: the address to dial from; used when it is of the target's family.
    package func connect(_ stream: StreamID, to endpoint: Endpoint, from source: IPAddress? = nil, timeout: Duration) {
        loop.preconditionInEventLoop()
        precondition(streams[stream] == nil && dialling.insert(stream).inserted, "\(stream) is dialled twice")
        var bootstrap = ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.writeBufferWaterMark, value: waterMark)
            .connectTimeout(TimeAmount(max(timeout, .milliseconds(1))))
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StreamHandler(stream, owner: self))
                }
            }
        do {
            if let source, source.isIPv6 == endpoint.address.isIPv6 {
                // IP_BIND_ADDRESS_NO_PORT: the port is chosen at connect, so that ports run out per target only.
                bootstrap = bootstrap
                    .channelOption(ChannelOptions.Types.SocketOption(level: .ip, name: .init(rawValue: 24)), value: 1)
                    .bind(to: try SocketAddress(Endpoint(source, 0)))
            }
            bootstrap.connect(to: try SocketAddress(endpoint)).whenFailure { [self] in failed(stream, $0) }
        } catch {
            loop.execute { [self] in failed(stream, error) }
        }
    }

    /// Bytes for a stream that is gone are dropped.
    package func write(_ stream: StreamID, _ bytes: [UInt8]) {
        loop.preconditionInEventLoop()
        guard let handler = streams[stream] else { return }
        if unflushed.isEmpty { loop.execute { [self] in flush() } }
        if handler.write(bytes) { unflushed.append(handler) }
    }

    /// What was written before still leaves. No `closed` follows.
    package func close(_ stream: StreamID) {
        loop.preconditionInEventLoop()
        dialling.remove(stream)
        guard let handler = streams.removeValue(forKey: stream) else { return }
        lingering[ObjectIdentifier(handler)] = handler
        handler.closeGently()
    }

    /// Closes the listeners and every stream, without further events.
    package func shutdown() -> EventLoopFuture<Void> {
        loop.preconditionInEventLoop()
        dialling = []
        for stream in streams.keys.sorted() { close(stream) }
        let open = listeners + lingering.values.compactMap(\.channel)
        listeners = []
        return EventLoopFuture.andAllComplete(
            open.map { channel in
                channel.close(promise: nil)
                return channel.closeFuture
            }, on: loop)
    }

    // MARK: The handlers' side

    func became(active handler: StreamHandler, from remote: SocketAddress?) {
        let stream = handler.stream
        if stream.isDialled {
            guard dialling.remove(stream) != nil else { return handler.closeAtOnce() }
            streams[stream] = handler
            self.handler(.connected(stream))
        } else {
            guard let peer = remote.flatMap({ Endpoint($0) }) else { return handler.closeAtOnce() }
            streams[stream] = handler
            self.handler(.accepted(stream, from: peer))
        }
    }

    func received(_ handler: StreamHandler, _ bytes: [UInt8]) {
        guard streams[handler.stream] === handler else { return }
        self.handler(.received(handler.stream, bytes))
    }

    func ended(_ handler: StreamHandler) {
        if !handler.stream.isDialled { acceptedCount -= 1 }
        lingering[ObjectIdentifier(handler)] = nil
        if streams[handler.stream] === handler {
            streams[handler.stream] = nil
            self.handler(.closed(handler.stream))
        }
    }

    private func failed(_ stream: StreamID, _ error: any Error) {
        guard dialling.remove(stream) != nil else { return }
        handler(.connectFailed(stream, connectFailureText(error)))
    }

    private func flush() {
        let handlers = unflushed
        unflushed = []
        for handler in handlers { handler.flush() }
    }

    private var waterMark: ChannelOptions.Types.WriteBufferWaterMark {
        .init(low: limits.maxWriteBufferBytes / 2, high: limits.maxWriteBufferBytes)
    }
}
