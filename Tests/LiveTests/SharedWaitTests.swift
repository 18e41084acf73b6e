import ClientHTTP
import Testing

extension LiveTests {
    @Suite("Clients that wait for the same thing in the same words") struct SharedWaitTests {
        private static func index(of answer: String) -> String {
            let line = answer.split(separator: "\r\n").first { $0.hasPrefix("X-Consul-Index: ") }
            return line.map { String($0.dropFirst("X-Consul-Index: ".count)) } ?? "none"
        }

        private static func put(_ value: String, _ agent: AgentRun) throws {
            #expect(try agent.ask("PUT", "/v1/kv/shared", Array(value.utf8)).status == 200)
        }

        @Test("All are answered by one change; who leaves takes nobody along; nobody's wait is cut by more than a 16th")
        func together() throws {
            try Lab.run { lab in
                let agent = try lab.server(1, data: "server")
                func send(_ connection: RawConnection, _ query: String) {
                    connection.send("GET /v1/kv/shared\(query) HTTP/1.1\r\nHost: a\r\n\r\n")
                }
                try Self.put("0", agent)
                var clients = try (0..<150).map { _ in try RawConnection(agent) }
                // Two rounds, so that the second is asked on connections that were answered together.
                for round in 1...2 {
                    send(clients[0], "")
                    let index = Self.index(of: clients[0].read())
                    for client in clients { send(client, "?index=\(index)&wait=60s") }
                    // Their requests have arrived, or theirs are the first that are read: both must be answered.
                    clients.removeSubrange(10..<80)
                    if round == 2 { clients.removeFirst() }
                    try Self.put("\(round)", agent)
                    let answers = Set(clients.map { Self.index(of: $0.read()) })
                    #expect(answers.count == 1 && answers != [index] && answers != ["none"], "\(answers)")
                    clients += try (0..<70).map { _ in try RawConnection(agent) }
                }
                send(clients[0], "")
                let index = Self.index(of: clients[0].read())
                let began = ContinuousClock.now
                for client in clients { send(client, "?index=\(index)&wait=1600ms") }
                let unchanged = Set(clients.map { Self.index(of: $0.read()) })
                let taken = ContinuousClock.now - began
                #expect(unchanged == [index] && taken > .milliseconds(1500), "\(unchanged) after \(taken)")
                // All leave: nobody waits, and who comes with the same words is answered by the next change.
                for client in clients { send(client, "?index=\(index)&wait=90s") }
                clients = []
                let last = try RawConnection(agent)
                send(last, "?index=\(index)&wait=90s")
                try Self.put("last", agent)
                #expect(Self.index(of: last.read()) != index)
            }
        }
    }
}
