import FederationModel
import Foundation
import NIOCore
import NIOPosix
import NIOTransport
import Testing

private let loopback = ListenAddress.tcp(Endpoint(IPAddress(127, 0, 0, 1), 0))

/// Answers with what was asked: method, uri, headers and body in lines.
private let echo: HTTPListener.Handler = { head, body, responder in
    let headers = head.headers.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
    let text = "\(head.method) \(head.uri) [\(headers)] \(String(decoding: body, as: UTF8.self))"
    responder.respond(status: 200, headers: [("X-Test", "a\r\nb")], body: Array(text.utf8))
}

@Suite(.serialized) struct HTTPListenerTests {
    private func with(
        _ address: ListenAddress = loopback, limits: HTTPLimits = HTTPLimits(), handler: @escaping HTTPListener.Handler,
        _ body: (HTTPListener) throws -> Void
    ) async throws {
        let listener = try await HTTPListener.bind(
            to: address, loops: MultiThreadedEventLoopGroup.singleton, limits: limits, handler: handler)
        try body(listener)
        await listener.close()
        #expect(listener.connectionCount == 0)
    }

    private func connect(_ listener: HTTPListener) throws -> RawClient {
        switch listener.address {
        case .tcp(let endpoint): try #require(RawClient(endpoint))
        case .unix(let path): try #require(RawClient(path: path))
        }
    }

    @Test("Requests are answered over IPv4, IPv6 and a unix socket, one after another on one connection", arguments: [
        loopback, .tcp(Endpoint(IPAddress("::1") ?? IPAddress(127, 0, 0, 1), 0)),
        .unix(path: NSTemporaryDirectory() + "/isthmus-\(UInt32.random(in: 0...UInt32.max)).sock"),
    ])
    func keepAlive(address: ListenAddress) async throws {
        try await with(address, handler: echo) { listener in
            let client = try connect(listener)
            for round in 1...3 {
                client.send("PUT /v1/kv/a?x=\(round) HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody")
                let answer = client.readAnswer()
                #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\nX-Test: a  b\r\nDate: "), "\(answer)")
                #expect(answer.hasSuffix("\r\n\r\nPUT /v1/kv/a?x=\(round) [Host=h,Content-Length=4] body"), "\(answer)")
            }
        }
        if case .unix(let path) = address { #expect(!FileManager.default.fileExists(atPath: path)) }
    }

    @Test("Connection headers and versions decide whether the connection stays", arguments: [
        ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", false, "Content-Length"),
        ("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", true, "Connection: close"),
        ("GET / HTTP/1.0\r\n\r\n", true, "Connection: close"),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false, "Connection: keep-alive"),
    ])
    func persistence(request: String, ends: Bool, header: String) async throws {
        try await with(handler: echo) { listener in
            let client = try connect(listener)
            client.send(request)
            let answer = ends ? client.readToEnd() : client.readAnswer()
            #expect(answer.hasPrefix("HTTP/1.1 200 OK") && answer.contains(header), "\(answer)")
            guard !ends else { return }
            client.send(request)
            #expect(client.readAnswer().hasPrefix("HTTP/1.1 200 OK"))
        }
    }

    @Test("HEAD tells the length without the body; 204 and 304 have neither") func bodiless() async throws {
        try await with { head, _, responder in
            responder.respond(status: Int(head.uri.dropFirst()) ?? 200, body: Array("12345".utf8))
        } _: { listener in
            let client = try connect(listener)
            client.send("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            let answer = client.readToEnd()
            #expect(answer.contains("Content-Length: 5\r\n") && answer.hasSuffix("\r\n\r\n"))
            for status in [204, 304] {
                let client = try connect(listener)
                client.send("GET /\(status) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                let answer = client.readToEnd()
                #expect(answer.hasPrefix("HTTP/1.1 \(status) ") && !answer.contains("Content-Length"))
                #expect(answer.hasSuffix("\r\n\r\n"))
            }
        }
    }

    @Test("Pipelined requests are handed out one at a time and answered in order, also when answers come late")
    func pipelining() async throws {
        let underWay = Recorder<Int>()
        try await with { head, _, responder in
            underWay.append(1)
            DispatchQueue.global().async {
                underWay.append(-1)
                responder.respond(status: 200, body: Array(head.uri.utf8))
            }
        } _: { listener in
            let client = try connect(listener)
            client.send((1...50).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
            let bytes = client.read { String(decoding: $0, as: UTF8.self).hasSuffix("/50") }
            let text = String(decoding: bytes, as: UTF8.self)
            let order = text.components(separatedBy: "\r\n\r\n").dropFirst().map {
                $0.components(separatedBy: "HTTP/1.1").first ?? ""
            }
            #expect(order == (1...50).map { "/\($0)" })
            #expect(underWay.all == (1...50).flatMap { _ in [1, -1] })
        }
    }

    @Test("Synchronous answers to a pipeline arrive in order") func synchronousPipeline() async throws {
        try await with(handler: echo) { listener in
            let client = try connect(listener)
            client.send((1...500).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
            let bytes = client.read { String(decoding: $0.suffix(20), as: UTF8.self).contains("GET /500 ") }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.components(separatedBy: "HTTP/1.1 200 OK").count == 501)
        }
    }

    @Test("What is too large or not HTTP is refused and the connection ends", arguments: [
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\n\r\n", "413"),
        (
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n"
                + String(repeating: "a", count: 2000) + "\r\n",
            "413"
        ),
        ("GET / HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "a", count: 5000))\r\n\r\n", "431"),
        ("GET /\(String(repeating: "a", count: 3000)) HTTP/1.1\r\nHost: h\r\n\r\n", "431"),
        ("GET / HTTP/1.1\r\nX: y\r\n\r\n", "400"), ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        ("SSH-2.0-OpenSSH\r\n\r\n", "400"), ("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", "400"),
        ("\u{16}\u{3}\u{1}\u{0}\u{5}", "400"),
    ])
    func refusals(request: String, status: String) async throws {
        var limits = HTTPLimits()
        limits.maxBodyBytes = 1000
        limits.maxHeaderBytes = 2000
        try await with(limits: limits, handler: echo) { listener in
            let client = try connect(listener)
            client.send(request)
            let answer = client.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 \(status) ") && answer.contains("Connection: close"), "\(answer)")
        }
    }

    @Test("A client that does not read its answers gets no more of them made, and holds up nobody")
    func stuckReader() async throws {
        let answered = Recorder<String>()
        let body = [UInt8](repeating: 120, count: 4 << 20)
        try await with { head, _, responder in
            answered.append(head.uri)
            responder.respond(status: 200, body: head.uri == "/small" ? [49] : body)
        } _: { listener in
            guard case .tcp(let endpoint) = listener.address else { return }
            let stuck = try #require(RawClient(endpoint, receiveBuffer: 4096))
            stuck.send((1...12).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
            let other = try connect(listener)
            for _ in 0..<20 {
                other.send("GET /small HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(other.readAnswer().hasSuffix("1"))
            }
            // The kernel may take some MiB of the first answers.
            #expect(answered.all.count { $0 != "/small" } < 6)
            var count = 0
            _ = stuck.read { bytes in
                count = bytes.count
                return count >= 12 * body.count
            }
            #expect(count >= 12 * body.count && answered.all.count { $0 != "/small" } == 12)
        }
    }

    @Test("No answer overtakes what a socket did not take of the one before it")
    func order() async throws {
        let (count, size) = (300, 30 << 10)
        let begun = Recorder<Int>()
        try await with { head, _, responder in
            let number = Int(head.uri.dropFirst()) ?? 0
            begun.append(number)
            // The loop stands still: the client reads, and its full socket has room before the channel knows.
            usleep(1000)
            responder.respond(status: 200, body: [UInt8](repeating: UInt8(97 + number % 26), count: size))
        } _: { listener in
            guard case .tcp(let endpoint) = listener.address else { return }
            let client = try #require(RawClient(endpoint, receiveBuffer: 4096))
            client.send((0..<count).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
            let head = "HTTP/1.1 200 OK\r\nDate: Fri, 27 Nov 2026 00:00:00 GMT\r\nContent-Length: 30720\r\n\r\n"
            // More slowly than they are made.
            let bytes = client.read {
                if begun.all.count < count { usleep(500) }
                return $0.count >= count * (head.utf8.count + size)
            }
            var rest = bytes[...]
            for number in 0..<count {
                let end = try #require(rest.firstRange(of: Array("\r\n\r\n".utf8)), "answer \(number) has no head")
                let body = rest[end.upperBound...].prefix(size)
                try #require(body.count == size && body.allSatisfy { $0 == 97 + number % 26 }, "answer \(number)")
                rest = rest[end.upperBound...].dropFirst(size)
            }
        }
    }

    @Test("Requests that wait behind one under way bring 64 KiB of bodies at most into memory, and are all answered")
    func waitingBodies() async throws {
        let responders = Recorder<HTTPResponder>()
        try await with { _, body, responder in
            if responders.all.isEmpty {
                responders.append(responder)
            } else {
                responder.respond(status: 200, body: Array(String(body.count).utf8))
            }
        } _: { listener in
            let client = try connect(listener)
            client.send("GET /first HTTP/1.1\r\nHost: h\r\n\r\n")
            let first = responders.wait(count: 1)
            // More than the buffers of both sockets take.
            let count = 7 << 20
            let head = "PUT / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: \(count)\r\n\r\n"
            let responder = first[0]
            DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) { responder.respond(status: 200, body: [49]) }
            // Takes until the first is answered: nobody reads it before.
            let began = ContinuousClock.now
            client.send(Array(head.utf8) + [UInt8](repeating: 97, count: count))
            let text = String(decoding: client.read { $0.suffix(7).elementsEqual(String(count).utf8) }, as: UTF8.self)
            #expect(ContinuousClock.now - began > .milliseconds(200))
            #expect(text.hasSuffix("\r\n\r\n\(count)"))
        }
    }

    @Test("A client that waits for 100 Continue gets it") func expectContinue() async throws {
        try await with(handler: echo) { listener in
            let client = try connect(listener)
            client.send("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(client.readAnswer() == "HTTP/1.1 100 Continue\r\n\r\n")
            client.send("ok")
            #expect(client.readAnswer().hasSuffix(" ok"))
        }
    }

    @Test(
        "One connection too many, of all or of an address, is refused; a place that is free again is used",
        arguments: [(isOfAddress: false, status: 503), (isOfAddress: true, status: 429)])
    func connectionLimit(isOfAddress: Bool, status: Int) async throws {
        var limits = HTTPLimits()
        if isOfAddress { limits.maxConnectionsPerClient = 2 } else { limits.maxConnections = 2 }
        try await with(limits: limits, handler: echo) { listener in
            var clients = [try connect(listener), try connect(listener)]
            for client in clients {
                client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(client.readAnswer().hasPrefix("HTTP/1.1 200"))
            }
            #expect(try connect(listener).readToEnd().hasPrefix("HTTP/1.1 \(status) "))
            clients.removeLast()
            let deadline = ContinuousClock.now + .seconds(5)
            while listener.connectionCount > 1 && ContinuousClock.now < deadline { usleep(1000) }
            let again = try connect(listener)
            again.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(again.readAnswer().hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("A client that goes away while its answer is due is noticed, before and after the notice is asked for")
    func closeNotice() async throws {
        let responders = Recorder<HTTPResponder>()
        let notices = Recorder<Int>()
        try await with { _, _, responder in
            responder.onClose { notices.append(1) }
            responders.append(responder)
        } _: { listener in
            do {
                let client = try connect(listener)
                client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                responders.wait(count: 1)
            }
            #expect(notices.wait(count: 1) == [1])
            responders.all.first?.onClose { notices.append(2) }
            #expect(notices.wait(count: 2) == [1, 2])
            responders.all.first?.respond(status: 200)
        }
    }

    @Test("Only the first answer counts, and a responder thrown away is answered 500") func answerOnce() async throws {
        try await with { head, _, responder in
            guard head.uri != "/dropped" else { return }
            responder.respond(status: 200, body: [49])
            responder.respond(status: 500)
        } _: { listener in
            let client = try connect(listener)
            for _ in 1...2 {
                client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                let answer = client.readAnswer()
                #expect(answer.hasPrefix("HTTP/1.1 200") && answer.hasSuffix("1"))
            }
            client.send("GET /dropped HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(client.readToEnd().hasPrefix("HTTP/1.1 500 "))
        }
    }

    @Test("Idle connections and requests that do not end are closed in time") func timeouts() async throws {
        var limits = HTTPLimits()
        limits.idleTime = .milliseconds(200)
        limits.requestTime = .milliseconds(200)
        try await with(limits: limits, handler: echo) { listener in
            let idle = try connect(listener)
            let slow = try connect(listener)
            slow.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc")
            #expect(idle.readToEnd() == "")
            #expect(slow.readToEnd().hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test("Closing lets an answer under way leave") func gracefulClose() async throws {
        let responders = Recorder<HTTPResponder>()
        let loops = MultiThreadedEventLoopGroup.singleton
        let listener = try await HTTPListener.bind(to: loopback, loops: loops) { _, _, responder in
            responders.append(responder)
        }
        let client = try connect(listener)
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        responders.wait(count: 1)
        async let closing: Void = listener.close()
        responders.all.first?.respond(status: 200, body: [50])
        await closing
        #expect(client.readToEnd().hasSuffix("2"))
    }
}
