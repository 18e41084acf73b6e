import ClientHTTP
import Testing
import WireFormat

@Suite("Addresses of agents as people type them")
struct CurlHTTPClientTests {
    @Test(
        "become URLs with Consul's port",
        arguments: [
            ("127.0.0.1", "http://127.0.0.1:8500"), ("http://127.0.0.1:8501/", "http://127.0.0.1:8501"),
            ("localhost:80", "http://localhost:80"), ("[::1]", "http://[::1]:8500"),
            ("http://[::1]:9", "http://[::1]:9"),
            ("https://agent:8501", "https://agent:8501"),
        ])
    func normalised(text: String, url: String) throws {
        #expect(try CurlHTTPClient.normalised(text) == url)
    }

    @Test("or are refused", arguments: ["", "ftp://a", "a:b", "http://a/b", "a:1:2", ":8500", "http://a:99999", "a b"])
    func refused(text: String) {
        #expect(throws: HTTPClientError.badAddress(text)) { try CurlHTTPClient.normalised(text) }
    }

    @Test("Nobody listening is told apart from no answer")
    func refusedConnection() {
        // Port 1 of an address of our own that nothing uses.
        #expect {
            try CurlHTTPClient().perform(HTTPCall("GET", "http://127.213.17.1:1", "/", timeout: .seconds(2)))
        } throws: { error in
            if case .notConnected? = error as? HTTPClientError { true } else { false }
        }
    }

    @Test("Percent-encoding keeps unreserved characters only (RFC 3986 §2.3)")
    func encoded() {
        #expect(percentEncoded("a b/ü") == "a%20b%2F%C3%BC")
        #expect(percentEncoded("a/b", keeping: "/") == "a/b")
    }
}
