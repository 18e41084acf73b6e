import Glibc

/// HTTP/1.1 over a plain socket, one connection a call. No TLS, no redirects, no compression.
package struct SocketHTTPClient: HTTPClient {
    /// An answer beyond this is cut off as an error.
    package static let maxAnswerBytes = 64 << 20

    package init() {}

    package func perform(_ call: HTTPCall) throws(HTTPClientError) -> HTTPAnswer {
        let deadline = ContinuousClock.now + call.timeout
        let (host, port) = try Self.split(call.base)
        let socket = try SocketConnection.connect(host: host, port: port, deadline: deadline)
        defer { socket.close() }
        var head = "\(call.method) \(call.target) HTTP/1.1\r\nHost: \(host):\(port)\r\nConnection: close\r\n"
        for header in call.headers { head += "\(header.name): \(header.value)\r\n" }
        if !call.body.isEmpty || call.method == "PUT" || call.method == "POST" {
            head += "Content-Length: \(call.body.count)\r\n"
        }
        try socket.send(Array((head + "\r\n").utf8) + call.body, deadline: deadline)
        var parser = HTTPAnswerParser(answersHead: call.method == "HEAD")
        while true {
            let bytes = try socket.receive(deadline: deadline)
            if let answer = try parser.take(bytes) { return answer }
        }
    }

    /// `http://host:port`, `host:port` or `host` alone (port 8500).
    static func split(_ base: String) throws(HTTPClientError) -> (host: String, port: UInt16) {
        var rest = Substring(base)
        if let range = rest.firstIndex(of: "/"), rest[..<range].hasSuffix(":") {
            guard rest.hasPrefix("http://") else { throw .badAddress(base) }
            rest = rest.dropFirst(7)
        }
        while rest.hasSuffix("/") { rest = rest.dropLast() }
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { throw .badAddress(base) }
            let tail = rest[rest.index(after: end)...]
            guard let port = tail.isEmpty ? 8500 : UInt16(tail.dropFirst()) else { throw .badAddress(base) }
            return (String(rest[rest.index(after: rest.startIndex)..<end]), port)
        }
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let host = parts.first, !host.isEmpty, !host.contains("/"),
            let port = parts.count == 1 ? 8500 : UInt16(parts[1])
        else { throw .badAddress(base) }
        return (String(host), port)
    }
}
