import Testing

@testable import PlainHTTP

struct HTTPAnswerParserTests {
    /// The answer of a text that comes in pieces of `size` bytes, then ends.
    private func parse(_ text: String, pieces size: Int) throws -> HTTPAnswer? {
        var parser = HTTPAnswerParser(answersHead: false)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            if let answer = try parser.take(Array(rest.prefix(size))) { return answer }
            rest = rest.dropFirst(size)
        }
        return try parser.take([])
    }

    @Test("Lengths, chunks and ends of stream, in pieces of any size", arguments: [1, 2, 7, 1000])
    func bodies(size: Int) throws {
        let known = try parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello", pieces: size)
        #expect(known?.text == "hello")
        #expect(known?.header("x-a") == "b")
        let chunked = "HTTP/1.1 500 Oh no\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n"
        #expect(try parse(chunked, pieces: size)?.text == "abcde")
        #expect(try parse(chunked, pieces: size)?.status == 500)
        #expect(try parse("HTTP/1.0 200 OK\r\n\r\nrest", pieces: size)?.text == "rest")
        #expect(try parse("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 None\r\n\r\n", pieces: size)?.status == 204)
    }

    @Test(
        "What is no whole answer is refused",
        arguments: [
            "", "HTTP/1.1 200 OK\r\n", "SMTP\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 abc OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
        ])
    func refusals(text: String) {
        #expect(throws: HTTPClientError.self) { try parse(text, pieces: 3) }
    }

    @Test("Addresses as people write them")
    func addresses() throws {
        for text in ["http://127.0.0.1:8500", "127.0.0.1", "http://127.0.0.1:8500/"] {
            let (host, port) = try SocketHTTPClient.split(text)
            #expect(host == "127.0.0.1" && port == 8500)
        }
        let (host, port) = try SocketHTTPClient.split("http://[::1]:9")
        #expect(host == "::1" && port == 9)
        for text in ["https://a:1", "http://", "a:b", "http://a:70000", "[::1"] {
            #expect(throws: HTTPClientError.self) { try SocketHTTPClient.split(text) }
        }
        #expect(percentEncoded("a b/ü", keeping: "/") == "a%20b/%C3%BC")
    }
}
