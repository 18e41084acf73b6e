import FederationModel
import Glibc
import NIOConcurrencyHelpers
package import NIOCore
import NIOHTTP1
import NIOPosix

/// Accepts HTTP/1 connections and hands out whole requests. The handler is called on the connection's loop and may
/// answer there at once, which costs no hop, or later from anywhere.
package final class HTTPListener: Sendable {
    package typealias Handler = @Sendable (HTTPHead, _ body: [UInt8], HTTPResponder) -> Void
    /// Asked before a request that came before is handed out, on the connection's loop.
    package typealias Recall = @Sendable (RepeatedRequest) -> HTTPRecall

    /// With the port the system chose.
    package let address: ListenAddress
    private let channel: any NIOChannel
    private let state: HTTPListenerState

    private init(_ channel: any NIOChannel, _ address: ListenAddress, _ state: HTTPListenerState) {
        self.channel = channel
        self.address = address
        self.state = state
    }

    package var connectionCount: Int { state.connectionCount }

    /// - Parameter loops: connections are spread over them.
    package static func bind(
        to address: ListenAddress, loops: any EventLoopGroup, limits: HTTPLimits = HTTPLimits(),
        recall: @escaping Recall = { _ in .unknown }, handler: @escaping Handler
    ) async throws -> HTTPListener {
        let state = HTTPListenerState(limits: limits, recall: recall, handler: handler)
        let bootstrap = ServerBootstrap(group: loops)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    if case .tcp = address { try child.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1) }
                    var parsing = NIOHTTPDecoderLimitConfiguration()
                    parsing.maxHeaderListSize = limits.maxHeaderBytes
                    parsing.maxHeaderFieldSize = limits.maxHeaderBytes
                    let decoder = HTTPRequestDecoder(limitConfiguration: parsing)
                    let connection = HTTPConnection(state, state.memory(of: child.eventLoop))
                    try child.pipeline.syncOperations.addHandlers([
                        HTTPRecognizer(connection), ByteToMessageHandler(decoder), connection,
                    ])
                }
            }
        switch address {
        case .tcp(let endpoint):
            let channel = try await bootstrap.bind(to: try SocketAddress(endpoint)).get()
            guard let bound = channel.localAddress.flatMap({ Endpoint($0) }) else {
                throw ChannelError.unknownLocalAddress
            }
            return HTTPListener(channel, .tcp(bound), state)
        case .unix(let path):
            let channel = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            return HTTPListener(channel, address, state)
        }
    }

    /// Accepts nothing more, closes idle connections, and waits a moment for the answers under way.
    package func close() async {
        try? await channel.close()
        if case .unix(let path) = address { unlink(path) }
        let open = state.stop()
        for entry in open {
            let child = entry.channel
            let connection = entry.connection
            child.eventLoop.execute { connection.value.quiesce() }
            child.eventLoop.scheduleTask(in: TimeAmount(state.limits.closeGrace)) { child.close(promise: nil) }
        }
        for entry in open { try? await entry.channel.closeFuture.get() }
    }
}

/// Stands before the parser: requests that came before need none. Bound to its loop.
private final class HTTPRecognizer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: HTTPConnection

    init(_ connection: HTTPConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        guard !connection.take(buffer) else { return }
        context.fireChannelRead(data)
        connection.parsed(buffer)
    }
}

/// What the connections of one listener share.
final class HTTPListenerState: Sendable {
    struct Open {
        let channel: any NIOChannel
        let connection: NIOLoopBound<HTTPConnection>
        let client: IPAddress?
    }

    enum Admission {
        case accepted, full, clientHasTooMany
    }

    private struct State {
        var connections: [ObjectIdentifier: Open] = [:]
        var countOfClient: [IPAddress: Int] = [:]
        var isStopped = false
        var memories: [ObjectIdentifier: RequestMemory] = [:]
    }

    let limits: HTTPLimits
    let recall: HTTPListener.Recall
    let handler: HTTPListener.Handler
    private let open = NIOLockedValueBox(State())

    init(limits: HTTPLimits, recall: @escaping HTTPListener.Recall, handler: @escaping HTTPListener.Handler) {
        self.limits = limits
        self.recall = recall
        self.handler = handler
    }

    /// What the connections of one loop share.
    func memory(of loop: any EventLoop) -> RequestMemory {
        open.withLockedValue { open in
            let key = ObjectIdentifier(loop)
            if let memory = open.memories[key] { return memory }
            let memory = RequestMemory()
            open.memories[key] = memory
            return memory
        }
    }

    var connectionCount: Int { open.withLockedValue { $0.connections.count } }

    /// - Parameter client: nil on a unix socket, whose connections are not counted.
    func opened(_ channel: any NIOChannel, _ connection: HTTPConnection, from client: IPAddress?) -> Admission {
        let bound = NIOLoopBound(connection, eventLoop: channel.eventLoop)
        return open.withLockedValue { open in
            guard !open.isStopped, open.connections.count < limits.maxConnections else { return .full }
            if let client {
                let count = open.countOfClient[client, default: 0]
                guard limits.maxConnectionsPerClient == 0 || count < limits.maxConnectionsPerClient else {
                    return .clientHasTooMany
                }
                open.countOfClient[client] = count + 1
            }
            open.connections[ObjectIdentifier(channel)] = Open(channel: channel, connection: bound, client: client)
            return .accepted
        }
    }

    func closed(_ channel: any NIOChannel) {
        open.withLockedValue { open in
            guard let closed = open.connections.removeValue(forKey: ObjectIdentifier(channel)),
                let client = closed.client, let count = open.countOfClient[client]
            else { return }
            open.countOfClient[client] = count > 1 ? count - 1 : nil
        }
    }

    func stop() -> [Open] {
        open.withLockedValue { open in
            open.isStopped = true
            return Array(open.connections.values)
        }
    }
}
