import Glibc

/// A producer: answers every HTTP request with 200 and its name, until it is killed.
package enum ProducerServer {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// - Parameter listen: `host:port`.
    package static func run(listen: String, body: String) throws -> Never {
        let parts = listen.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1]) else {
            throw Failure(description: "\(listen) is not host:port")
        }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = SocketAddress.make(String(parts[0]), port)
        guard SocketAddress.withPointer(&address, { bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 128) == 0
        else {
            throw Failure(description: "\(listen): \(String(cString: strerror(errno)))")
        }
        let answer = Array(
            "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
                .utf8)
        while true {
            let connection = accept(descriptor, nil, nil)
            if connection >= 0 { serve(connection, answer) }
        }
    }

    /// One connection after the other, each for at most a second: enough for checks and curious people.
    private static func serve(_ connection: Int32, _ answer: [UInt8]) {
        defer { close(connection) }
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var request: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while request.count < 64 << 10 {
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return }
            request += chunk[..<count]
            if String(decoding: request.suffix(count + 3), as: UTF8.self).contains("\r\n\r\n") { break }
        }
        send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
        shutdown(connection, Int32(SHUT_WR))
        _ = recv(connection, &chunk, chunk.count, 0)
    }
}
