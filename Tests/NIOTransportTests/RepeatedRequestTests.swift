import FederationModel
import Foundation
import NIOCore
import NIOPosix
import NIOTransport
import Testing

/// Requests that come again, byte by byte the same.
@Suite(.serialized) struct RepeatedRequestTests {
    /// What the handlers below keep of a request.
    private final class Memory: Sendable {}

    private let loopback = ListenAddress.tcp(Endpoint(IPAddress(127, 0, 0, 1), 0))

    private func listen(
        recall: @escaping HTTPListener.Recall, handler: @escaping HTTPListener.Handler
    ) async throws -> (HTTPListener, Endpoint) {
        let listener = try await HTTPListener.bind(
            to: loopback, loops: MultiThreadedEventLoopGroup(numberOfThreads: 1), recall: recall, handler: handler)
        guard case .tcp(let endpoint) = listener.address else { throw ChannelError.unknownLocalAddress }
        return (listener, endpoint)
    }

    /// Answers with method, target and body; keeps the answer of a request that came before.
    private static func echo(_ parsed: Recorder<String>) -> HTTPListener.Handler {
        { head, body, responder in
            parsed.append(head.uri)
            head.repeated?.memory = Memory()
            let text = "\(head.method) \(head.uri) \(String(decoding: body, as: UTF8.self))"
            responder.respond(
                status: head.uri == "/none" ? 204 : 200, headers: [("X-Date", "Date: no"), ("X-Contact", "0")],
                body: Array(String(repeating: text, count: 5).utf8), isKept: head.repeated != nil)
        }
    }

    private static func undated(_ text: String) -> String {
        text.split(separator: "\r\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("Date: ") ? "Date: …" : $0 }.joined(separator: "\n")
    }

    @Test("The third request on is answered without being parsed, and the date goes on") func recall() async throws {
        let parsed = Recorder<String>()
        let (listener, endpoint) = try await listen(recall: { _ in .same }, handler: Self.echo(parsed))
        let client = try #require(RawClient(endpoint))
        let request = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
        var answers: [String] = []
        for _ in 0..<6 {
            client.send(request)
            answers.append(client.readAnswer())
        }
        #expect(Set(answers.map(Self.undated)).count == 1 && answers[0].contains("GET /a"))
        #expect(parsed.all.count == 2)
        let other = try #require(RawClient(endpoint))
        other.send(request)
        #expect(Self.undated(other.readAnswer()) == Self.undated(answers[0]) && parsed.all.count == 2)
        let dates = Set(answers.compactMap { $0.split(separator: "\r\n").first { $0.hasPrefix("Date: ") } })
        // Until the second that the first answers named has passed.
        let deadline = ContinuousClock.now + .seconds(5)
        var later = Substring()
        repeat {
            client.send(request)
            let answer = client.readAnswer()
            #expect(Self.undated(answer) == Self.undated(answers[0]))
            later = try #require(answer.split(separator: "\r\n").first { $0.hasPrefix("Date: ") })
        } while dates.contains(later) && ContinuousClock.now < deadline
        #expect(!dates.contains(later) && parsed.all.count == 2)
        await listener.close()
    }

    @Test("Other headers, same body; a request that is not recalled is handed out, known or not")
    func headers() async throws {
        let parsed = Recorder<String>()
        let (listener, endpoint) = try await listen(
            recall: { repeated in
                guard repeated.memory is Memory else { return .unknown }
                return .headers([("X-Date", "Date: no"), ("X-Contact", "7")])
            }, handler: Self.echo(parsed))
        for extra in ["", "Accept-Encoding: gzip\r\n", "X: y\r\n"] {
            for method in ["GET", "HEAD"] {
                var answers: [String] = []
                for _ in 0..<4 {
                    let client = try #require(RawClient(endpoint))
                    client.send("\(method) /b HTTP/1.1\r\nHost: h\r\n\(extra)Connection: close\r\n\r\n")
                    answers.append(client.readToEnd())
                }
                #expect(answers[0].contains("X-Contact: 0") && answers[3].contains("X-Contact: 7"))
                let first = Self.undated(answers[0]).replacingOccurrences(of: "X-Contact: 0", with: "X-Contact: 7")
                #expect(first == Self.undated(answers[3]), "\(method) \(extra)")
                #expect(answers[3].contains("Content-Encoding: gzip") == extra.contains("gzip"))
            }
        }
        #expect(parsed.all.count == 12)
        await listener.close()
    }

    /// Two listeners, one that recalls whatever it can: the same bytes, however they are cut, give the same answers.
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func recallingChangesNothing(seed: UInt64) async throws {
        var random = Seeded(state: seed)
        let parsed = Recorder<String>()
        let (plain, plainEndpoint) = try await listen(recall: { _ in .unknown }, handler: Self.echo(parsed))
        let (quick, quickEndpoint) = try await listen(recall: { _ in .same }, handler: Self.echo(parsed))
        let requests = [
            "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n", "GET /2?x HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n",
            "GET /none HTTP/1.1\r\nHost: h\r\n\r\n", "PUT /p HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n\r\n\r\n",
            "PUT /q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
            "GET /l HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nGET ", "DELETE /d HTTP/1.1\r\nHost: h\r\n\r\n",
        ]
        for _ in 0..<8 {
            let clients = [try #require(RawClient(plainEndpoint)), try #require(RawClient(quickEndpoint))]
            var stream: [UInt8] = []
            let count = 30
            for _ in 0..<count { stream += Array((requests.randomElement(using: &random) ?? "").utf8) }
            stream += Array("GET /end HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".utf8)
            var cuts = (0..<12).map { _ in Int.random(in: 0...stream.count, using: &random) }.sorted()
            // Often a whole request at a time, as clients send them.
            if Bool.random(using: &random) {
                cuts = stream.indices.filter { $0 >= 4 && stream[($0 - 4)..<$0].elementsEqual([13, 10, 13, 10]) }
            }
            let texts = clients.map { client in
                var start = 0
                for cut in cuts + [stream.count] where cut > start {
                    client.send(Array(stream[start..<cut]))
                    start = cut
                    usleep(300)
                }
                return Self.undated(client.readToEnd())
            }
            #expect(texts[0] == texts[1], "seed \(seed)")
            #expect(texts[0].contains("GET /end"), "seed \(seed)")
        }
        await plain.close()
        await quick.close()
    }

    @Test("A client that does not read is served one answer, and takes no other client's turn")
    func stuck() async throws {
        let handed = Recorder<String>()
        let size = 16 << 20
        let (listener, endpoint) = try await listen(recall: { _ in .unknown }) { head, _, responder in
            handed.append(head.uri)
            responder.respond(status: 200, body: [UInt8](repeating: 65, count: head.uri == "/big" ? size : 3))
        }
        let stuck = try #require(RawClient(endpoint, receiveBuffer: 4096))
        for _ in 0..<3 { stuck.send(String(repeating: "GET /big HTTP/1.1\r\nHost: h\r\n\r\n", count: 40)) }
        handed.wait(count: 1)
        let other = try #require(RawClient(endpoint))
        for _ in 0..<100 {
            other.send("GET /small HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(other.readAnswer().hasSuffix("AAA"))
        }
        #expect(handed.all.count { $0 == "/big" } == 1)
        // Reading at last brings them all, in order.
        var left = 120
        var count = 0
        _ = stuck.read { bytes in
            count = bytes.count
            return count > 2 * size
        }
        left -= count / size
        #expect(count > 2 * size && left < 120 && handed.all.count { $0 == "/big" } >= 3)
        await listener.close()
    }
}

private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
