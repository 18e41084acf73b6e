import Glibc

/// One TCP connection to an agent that says exactly what a test wants. Reads end after two seconds of silence.
final class RawConnection {
    private let descriptor: Int32

    init(_ agent: AgentRun) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(agent.httpPort).bigEndian
        inet_pton(AF_INET, agent.address, &address.sin_addr)
        let connected = withUnsafePointer(to: &address) { pointer in
            connect(
                descriptor, UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self),
                socklen_t(MemoryLayout<sockaddr_in>.size))
        }
        guard connected == 0 else { throw Failure("connect: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// What comes until the end, or until an answer is there: agents write it at once.
    func read() -> String {
        var found: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let received = recv(descriptor, &buffer, buffer.count, 0)
            guard received > 0 else { break }
            found += buffer[..<received]
            if String(decoding: found, as: UTF8.self).contains("\r\n\r\n") { break }
        }
        return String(decoding: found, as: UTF8.self)
    }
}
