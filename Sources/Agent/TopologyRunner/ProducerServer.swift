import Glibc
import Synchronization
package import TopologyCore

/// A producer: answers every HTTP request as its behaviour says of its age, until it is killed.
package final class ProducerServer: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// Connections that are answered at the same time; the accepting thread itself serves what comes beyond.
    private static let maxThreadCount = 64

    private let name: String
    private let behaviour: [Topology.Behaviour]
    private let host: String
    private let port: UInt16
    private let began = ContinuousClock.now
    private let threadCount = Mutex(0)

    private init(_ name: String, _ behaviour: [Topology.Behaviour], host: String, port: UInt16) {
        self.name = name
        self.behaviour = behaviour
        self.host = host
        self.port = port
    }

    /// - Parameter listen: `host:port`.
    package static func run(listen: String, body: String, behaviour: [Topology.Behaviour]) throws -> Never {
        let parts = listen.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1]) else {
            throw Failure(description: "\(listen) is not host:port")
        }
        try ProducerServer(body, behaviour, host: String(parts[0]), port: port).run()
    }

    private var conduct: Topology.Behaviour.Conduct { behaviour.conduct(at: ContinuousClock.now - began) }

    /// While it resets connections nobody listens: the kernel's own reset, which TCP checks see too.
    private func run() throws -> Never {
        var listener: Int32?
        while true {
            if conduct == .reset {
                if let open = listener { close(open) }
                listener = nil
                pause(.milliseconds(10))
                continue
            }
            let descriptor = try listener ?? open()
            listener = descriptor
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 10) > 0 else { continue }
            let connection = accept(descriptor, nil, nil)
            if connection >= 0 { begin(connection) }
        }
    }

    private func open() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = SocketAddress.make(host, port)
        guard SocketAddress.withPointer(&address, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 128) == 0
        else {
            throw Failure(description: "\(host):\(port): \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    private func begin(_ connection: Int32) {
        let isFree = threadCount.withLock { count in
            guard count < Self.maxThreadCount else { return false }
            count += 1
            return true
        }
        guard isFree else { return serve(connection) }
        DetachedThread.start { [self] in
            serve(connection)
            threadCount.withLock { $0 -= 1 }
        }
    }

    /// One request, read for at most a second: enough for checks and curious people.
    private func serve(_ connection: Int32) {
        defer { close(connection) }
        limit(connection, seconds: 1)
        var request: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while request.count < 64 << 10 {
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return }
            request += chunk[..<count]
            if String(decoding: request.suffix(count + 3), as: UTF8.self).contains("\r\n\r\n") { break }
        }
        switch conduct {
        case .answer(let status, let delay, let body):
            pause(delay)
            let body = body ?? name
            let head = "HTTP/1.1 \(status) \(status == 200 ? "OK" : "Told")\r\nContent-Length: \(body.utf8.count)\r\n"
            let answer = Array("\(head)Connection: close\r\n\r\n\(body)".utf8)
            send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
            shutdown(connection, Int32(SHUT_WR))
            _ = recv(connection, &chunk, chunk.count, 0)
        case .hang:
            // Until the asker gives up; a check waits 10 s unless told otherwise.
            limit(connection, seconds: 60)
            _ = recv(connection, &chunk, chunk.count, 0)
        case .reset:
            var rest = linger(l_onoff: 1, l_linger: 0)
            setsockopt(connection, SOL_SOCKET, SO_LINGER, &rest, socklen_t(MemoryLayout<linger>.size))
        }
    }

    private func limit(_ connection: Int32, seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
}
