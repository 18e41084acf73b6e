import FederationModel
import Foundation
import NIOPosix
import NIOTransport
import Testing

@Suite("Answers in gzip and without a length", .serialized)
struct HTTPEncodingTests {
    private func with(_ handler: @escaping HTTPListener.Handler, _ body: (RawClient) throws -> Void) async throws {
        let listener = try await HTTPListener.bind(
            to: .tcp(Endpoint(IPAddress(127, 0, 0, 1), 0)), loops: MultiThreadedEventLoopGroup.singleton,
            handler: handler)
        if case .tcp(let endpoint) = listener.address { try body(try #require(RawClient(endpoint))) }
        await listener.close()
    }

    @Test(
        "gzip is used exactly for those who ask, and never for nothing",
        arguments: [
            ("gzip", 500, true), ("deflate, gzip;q=0.5", 500, true), ("*", 500, false), ("identity", 500, false),
            ("gzip;q=0", 500, false), ("", 500, false), ("gzip", 0, false), ("gzip", 1, true),
        ])
    func gzip(accepted: String, count: Int, isEncoded: Bool) async throws {
        let body = [UInt8](repeating: 120, count: count)
        try await with { _, _, responder in
            responder.respond(status: 200, body: body)
        } _: { client in
            client.send("GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: \(accepted)\r\n\r\n")
            let answer = client.readAnswer()
            #expect(answer.contains("Content-Encoding: gzip\r\n") == isEncoded, "\(answer)")
            #expect(isEncoded == !answer.contains("Content-Length: \(count)\r\n"), "\(answer)")
        }
    }

    @Test("A streamed answer comes in chunks and ends with its connection")
    func streaming() async throws {
        try await with { _, _, responder in
            responder.begin(status: 200, headers: [("X-Test", "a")])
            responder.stream(Array("first line\n".utf8))
            responder.stream(Array("second\n".utf8))
        } _: { client in
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let text = client.readToEnd()
            #expect(text.contains("Transfer-Encoding: chunked\r\n") && text.contains("Connection: close\r\n"))
            #expect(text.hasSuffix("\r\n\r\nb\r\nfirst line\n\r\n7\r\nsecond\n\r\n0\r\n\r\n"), "\(text)")
        }
    }
}
