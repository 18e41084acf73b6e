import Glibc

/// Looks for a loopback /24 on which everything a run needs can be bound.
enum LoopbackNetwork {
    /// An address and the port to try there, for TCP and for UDP.
    typealias Listener = (host: Int, port: UInt16)

    /// - Returns: the first three parts, such as `127.41.7`; nil when no network tried was free.
    static func find(_ listeners: [Listener]) -> String? {
        var random = SystemRandomNumberGenerator()
        // 200 tries: each fails only when somebody else runs a federation there.
        for _ in 0..<200 {
            let network = "127.\(Int.random(in: 16...239, using: &random)).\(Int.random(in: 1...254, using: &random))"
            if listeners.allSatisfy({ isFree("\(network).\($0.host)", $0.port) }) { return network }
        }
        return nil
    }

    private static func isFree(_ host: String, _ port: UInt16) -> Bool {
        [SOCK_STREAM, SOCK_DGRAM].allSatisfy { type in
            let descriptor = socket(AF_INET, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            var address = SocketAddress.make(host, port)
            return SocketAddress.withPointer(&address) { bind(descriptor, $0, $1) } == 0
        }
    }
}

/// IPv4 socket addresses for the calls of the C library.
enum SocketAddress {
    static func make(_ host: String, _ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return address
    }

    static func withPointer<Result>(
        _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
