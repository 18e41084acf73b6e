import CurlProbes
import Foundation
import TestProducer
import Testing

@Suite struct CurlClientTests {
    @Test func answer() throws {
        let producer = Producer.answering("404 Not Found", header: "X-Consul-Index: 7\r\n", body: "gone")
        defer { producer.stop() }
        let response = try CurlClient.request(url: producer.url)
        #expect(response.status == 404 && response.body == Array("gone".utf8))
        #expect(response.header("x-consul-index") == "7" && response.header("none") == nil)
    }

    @Test func requestIsSentAsGiven() throws {
        let producer = Producer { descriptor, request in
            Producer.write("HTTP/1.1 200 OK\r\n\r\n\(request)", to: descriptor)
        }
        defer { producer.stop() }
        let response = try CurlClient.request(
            method: "PUT", url: producer.url, headers: [("X-A", "b")], body: [0, 1, 2])
        let text = String(decoding: response.body, as: UTF8.self)
        #expect(text.hasPrefix("PUT /health HTTP/1.1\r\n") && text.contains("X-A: b\r\n"))
        #expect(text.contains("Content-Length: 3\r\n") && text.hasSuffix("\u{0}\u{1}\u{2}"))
    }

    @Test func failures() throws {
        let hang = Producer(nil)
        let large = Producer.answering("200 OK", body: "0123456789")
        defer { hang.stop(); large.stop() }
        let silent = #expect(throws: CurlClient.Failure.self) {
            try CurlClient.request(url: hang.url, timeout: .milliseconds(200))
        }
        #expect(silent?.isTimeout == true && silent?.isConnectFailure == false)
        let refused = #expect(throws: CurlClient.Failure.self) {
            try CurlClient.request(url: "http://127.0.0.1:\(Producer.refusedPort())/")
        }
        #expect(refused?.isConnectFailure == true)
        #expect(throws: CurlClient.Failure.self) { try CurlClient.request(url: large.url, maxBodyBytes: 5) }
        #expect(throws: CurlClient.Failure.self) {
            try CurlClient.request(url: large.url, unixSocket: "/nowhere/isthmus.sock")
        }
    }
}
