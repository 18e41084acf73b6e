import Glibc

/// A connected TCP socket that never waits beyond a deadline.
struct SocketConnection {
    private let descriptor: Int32

    static func connect(
        host: String, port: UInt16, deadline: ContinuousClock.Instant
    ) throws(HTTPClientError) -> SocketConnection {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0, let list else {
            throw .notConnected("\(host): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(list) }
        var failure = "\(host): no address"
        var next: UnsafeMutablePointer<addrinfo>? = list
        while let candidate = next {
            let family = candidate.pointee.ai_family
            let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            let descriptor = socket(family, type, 0)
            guard descriptor >= 0 else { throw .notConnected(text(errno)) }
            let connection = SocketConnection(descriptor: descriptor)
            let result = Glibc.connect(descriptor, candidate.pointee.ai_addr, candidate.pointee.ai_addrlen)
            var error = result == 0 ? 0 : errno
            if error == EINPROGRESS {
                error = connection.wait(POLLOUT, deadline) ? connection.pendingError : ETIMEDOUT
            }
            if error == 0 { return connection }
            failure = "connect to \(host):\(port): \(text(error))"
            connection.close()
            next = candidate.pointee.ai_next
        }
        throw .notConnected(failure)
    }

    func send(_ bytes: [UInt8], deadline: ContinuousClock.Instant) throws(HTTPClientError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                guard wait(POLLOUT, deadline) else { throw .noAnswer("timed out while sending") }
            } else if errno != EINTR {
                throw .noAnswer("while sending: \(Self.text(errno))")
            }
        }
    }

    /// What came; empty at the end of the stream.
    func receive(deadline: ContinuousClock.Instant) throws(HTTPClientError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count >= 0 { return Array(buffer[..<count]) }
            if errno == EAGAIN {
                guard wait(POLLIN, deadline) else { throw .noAnswer("timed out waiting for the answer") }
            } else if errno != EINTR {
                throw .noAnswer("while waiting for the answer: \(Self.text(errno))")
            }
        }
    }

    func close() { _ = Glibc.close(descriptor) }

    private func wait(_ events: Int32, _ deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { return false }
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let count = poll(&entry, 1, Int32(clamping: milliseconds))
            if count > 0 { return true }
            if count < 0 && errno != EINTR { return true }
        }
    }

    private var pendingError: Int32 {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
