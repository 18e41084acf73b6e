package import FederationModel
package import NIOCore

/// NIO's, where `Channel` alone would also be the model's.
typealias NIOChannel = NIOCore.Channel

extension SocketAddress {
    package init(_ endpoint: Endpoint) throws {
        self = try SocketAddress(
            packedIPAddress: ByteBuffer(bytes: endpoint.address.bytes), port: Int(endpoint.port))
    }
}

extension Endpoint {
    /// Nil for a unix socket.
    package init?(_ address: SocketAddress) {
        let bytes: [UInt8]
        switch address {
        // The places of `sin_addr` and `sin6_addr`, which have no name outside NIO's own C module.
        case .v4(let v4): bytes = withUnsafeBytes(of: v4.address) { Array($0[4..<8]) }
        case .v6(let v6): bytes = withUnsafeBytes(of: v6.address) { Array($0[8..<24]) }
        case .unixDomainSocket: return nil
        }
        guard let ip = IPAddress(bytes: bytes), let port = UInt16(exactly: address.port ?? 0) else { return nil }
        self.init(ip, port)
    }
}

/// Where a listener waits. Port 0 lets the system choose.
package enum ListenAddress: Equatable, Sendable, CustomStringConvertible {
    case tcp(Endpoint)
    /// A file left over there by an earlier process is replaced.
    case unix(path: String)

    package var description: String {
        switch self {
        case .tcp(let endpoint): endpoint.description
        case .unix(let path): "unix://\(path)"
        }
    }
}

/// A connect's failure in words that stay the same: `connection refused`, `connect timeout`, or the system's.
func connectFailureText(_ error: any Error) -> String {
    if let error = error as? IOError {
        if error.errnoCode == 111 { return "connection refused" }
        return String(describing: error)
    }
    if case .connectTimeout = error as? ChannelError { return "connect timeout" }
    return String(describing: error)
}

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        // 292 years would overflow: a century is for ever.
        self = .nanoseconds(min(max(seconds, 0), 3_000_000_000) * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
