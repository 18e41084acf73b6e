import Foundation
import Testing

extension LiveTests {
    @Suite("Signals, addresses and the log") struct ProcessTests {
        /// Consul's defaults: a client leaves on both signals, a server on none.
        static let clientCases: [(signal: Int32, flags: [String], status: Int)] = [
            (SIGTERM, [], 3), (SIGINT, [], 3), (SIGTERM, [#"-hcl={"leave_on_terminate": false}"#], 4),
            (SIGINT, [#"-hcl={"skip_leave_on_interrupt": true}"#], 4),
        ]

        @Test("A client leaves or not", arguments: clientCases)
        func clientSignal(signal: Int32, flags: [String], status: Int) throws {
            try Lab.run { lab in
                let quick = #"-hcl={"gossip_lan": {"probe_interval": "200ms", "probe_timeout": "100ms"}}"#
                let server = try lab.server(1, data: "server", [quick])
                let client = try lab.start(2, data: "client", ["-retry-join=\(lab.address(1))", quick] + flags)
                try client.awaitLeader()
                #expect(try client.stop(signal) == 0, "\(client.report)")
                let reason = status == 3 ? "left the datacenter" : "asked to stop"
                #expect(client.output.contains(reason), "\(client.report)")
                try eventually("n2 with status \(status)", within: .seconds(40), showing: { server.report }) {
                    Self.status(of: "n2", in: server.get("/v1/agent/members")) == status ? () : nil
                }
            }
        }

        static let serverCases: [(signal: Int32, flags: [String], leaves: Bool)] = [
            (SIGTERM, [], false), (SIGINT, [], false), (SIGTERM, [#"-hcl={"leave_on_terminate": true}"#], true),
            (SIGINT, [#"-hcl={"skip_leave_on_interrupt": false}"#], true),
        ]

        @Test("A server leaves or not", arguments: serverCases)
        func serverSignal(signal: Int32, flags: [String], leaves: Bool) throws {
            try Lab.run { lab in
                let server = try lab.server(1, data: "server", flags)
                #expect(try server.stop(signal) == 0, "\(server.report)")
                #expect(server.output.contains(leaves ? "left the datacenter" : "asked to stop"), "\(server.report)")
            }
        }

        private static func status(of name: String, in members: String?) -> Int? {
            guard let members else { return nil }
            let list = try? JSONSerialization.jsonObject(with: Data(members.utf8)) as? [[String: Any]]
            guard let list else { return nil }
            return list.first { $0["Name"] as? String == name }?["Status"] as? Int
        }

        @Test("A server on ::1 elects itself and answers HTTP and DNS") func ipv6() throws {
            try Lab.run { lab in
                // The address is shared with everybody on this machine: the ports are drawn.
                let base = Int.random(in: 12_000...30_000)
                let server = try lab.start(
                    [
                        "-server", "-bootstrap-expect=1", "-node=six", "-data-dir=\(lab.path("data"))", "-bind=::1",
                        "-client=::1", "-http-port=\(base)", "-dns-port=\(base + 1)", "-server-port=\(base + 2)",
                        "-serf-lan-port=\(base + 3)", "-serf-wan-port=\(base + 4)",
                    ], address: "::1", httpPort: base)
                try server.awaitLeader()
                #expect(server.get("/v1/status/leader") == "\"[::1]:\(base + 2)\"")
                #expect(server.put("/v1/kv/a", "1") && server.value("a") == "1")
                let answer = try eventually("the node's AAAA record", showing: { server.report }) {
                    try DNS.ask("six.node.consul", type: 28, port: UInt16(base + 1))
                }
                // Four bytes of time, the length, ::1.
                #expect(answer.firstRange(of: [0, 16] + [UInt8](repeating: 0, count: 15) + [1]) != nil)
            }
        }

        @Test("-log-json: every line is an object") func logJSON() throws {
            try Lab.run { lab in
                let server = try lab.server(1, data: "data", ["-log-json", "-log-level=debug"])
                #expect(server.put("/v1/agent/service/register", #"{"Name":"a\"b\\c","Port":1}"#))
                #expect(try server.stop() == 0)
                let lines = server.output.split(separator: "\n")
                #expect(lines.count > 5)
                for line in lines {
                    let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                    #expect(object?["@level"] is String && object?["@message"] is String, "\(line)")
                    #expect(object?["@timestamp"] is String, "\(line)")
                }
            }
        }

        @Test("-pid-file holds the process and goes with it") func pidFile() throws {
            try Lab.run { lab in
                let server = try lab.server(1, data: "data", ["-pid-file=\(lab.path("pid"))"])
                #expect(Files.text(lab.path("pid")) == "\(server.pid)\n")
                #expect(try server.stop() == 0)
                #expect(!Files.exists(lab.path("pid")))
            }
        }
    }
}
