import Glibc
import Testing

extension LiveTests {
    @Suite("Limits of HTTP over real sockets") struct HTTPLimitTests {
        private static let cases: [(request: String, status: Int, contains: String)] = [
            ("GET /v1/nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404, ""),
            ("PUT /v1/status/leader HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405, "Allow: OPTIONS,GET\r\n"),
            (
                "PUT /v1/catalog/register HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\n{\"Node\": nope", 400,
                "line 1, column 11"
            ),
            (
                "PUT /v1/catalog/register HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n{\"Node\": 12", 400,
                "unexpected EOF"
            ),
            ("PUT /v1/kv/a HTTP/1.1\r\nHost: a\r\nContent-Length: 90000000\r\n\r\n", 413, "Connection: close\r\n"),
            ("GET /v1/status/leader HTTP/1.1\r\n\r\n", 400, "missing required Host header"),
            ("nonsense\r\n\r\n", 400, "Connection: close\r\n"),
        ]

        @Test("What an agent refuses, and in which words; one connection too many; a reader that stalls")
        func limits() throws {
            try Lab.run { lab in
                let limit = #"-hcl={"limits": {"http_max_conns_per_client": 4}}"#
                let agent = try lab.server(1, data: "server", [limit])
                for (request, status, text) in Self.cases {
                    let connection = try RawConnection(agent)
                    connection.send(request)
                    let answer = connection.read()
                    #expect(answer.hasPrefix("HTTP/1.1 \(status) ") && answer.contains(text), "\(answer)")
                }
                var held: [RawConnection] = []
                try eventually("429 for one connection too many", within: .seconds(10), showing: { agent.report }) {
                    let connection = try RawConnection(agent)
                    connection.send("GET /v1/status/leader HTTP/1.1\r\nHost: a\r\n\r\n")
                    let answer = connection.read()
                    held.append(connection)
                    return answer.hasPrefix("HTTP/1.1 429 ") ? () : nil
                }
                #expect(held.count <= 5)
                held = []
                try eventually("places are free again", within: .seconds(10), showing: { agent.report }) {
                    agent.get("/v1/status/leader")
                }
            }
        }

        @Test("A client that reads nothing makes the agent hold no more than an answer, and holds up nobody")
        func stalled() throws {
            try Lab.run { lab in
                let agent = try lab.server(1, data: "server")
                let value = String(repeating: "v", count: 500_000)
                let writer = try RawConnection(agent)
                writer.send("PUT /v1/kv/big HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n" + value)
                #expect(writer.read().hasPrefix("HTTP/1.1 200 "))
                let before = try #require(Self.resident(agent.pid))
                let stalled = try (0..<10).map { _ in try RawConnection(agent) }
                // Raw: what is measured is what is held, not how fast a test build writes base64.
                let questions = String(repeating: "GET /v1/kv/big?raw HTTP/1.1\r\nHost: a\r\n\r\n", count: 100)
                for connection in stalled { connection.send(questions) }
                for _ in 0..<20 { #expect(agent.get("/v1/status/leader") != nil) }
                let after = try #require(Self.resident(agent.pid))
                // 10 times 100 answers of 500 KB would be 500 MB; one each is 5 MB, the kernel's buffers are not ours.
                #expect(after - before < 100 << 20, "from \(before >> 20) to \(after >> 20) MiB")
            }
        }

        private static func resident(_ pid: pid_t) -> Int? {
            guard let file = fopen("/proc/\(pid)/statm", "r") else { return nil }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 256)
            guard fgets(&line, Int32(line.count), file) != nil else { return nil }
            let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                .split(separator: " ")
            return fields.count > 1 ? Int(fields[1]).map { $0 * Int(getpagesize()) } : nil
        }
    }
}
