import ClientHTTP
import Glibc
import Testing

extension LiveTests {
    @Suite("What is on disk") struct DiskTests {
        @Test("A full disk refuses writes by type and recovers", .enabled(if: geteuid() == 0, "mounting needs root"))
        func fullDisk() throws {
            try Lab.run { lab in
                try lab.mountMemory("small", mebibytes: 48)
                let server = try lab.server(1, data: "small/data")
                // Leaves less than the next log segment of 16 MiB needs.
                try Files.write([UInt8](repeating: 1, count: 24 << 20), to: lab.path("small/filler"))
                let value = [UInt8](repeating: 65, count: 500_000)
                var written = 0
                var refusals: [String] = []
                while refusals.last != "disk-full" && refusals.count < 3 && written < 60 {
                    let answer = try server.ask("PUT", "/v1/kv/big/\(written)", value)
                    if answer.status == 200 {
                        written += 1
                    } else {
                        refusals.append(answer.header("x-isthmus-error") ?? "\(answer.status) \(answer.text)")
                    }
                }
                // The write that met the full disk waits in its place: it may still happen.
                #expect([["disk-full"], ["outcome-unknown", "disk-full"]].contains(refusals), "\(server.report)")
                #expect(written > 20)
                // Reads go on.
                #expect(server.get("/v1/kv/big/0")?.isEmpty == false)
                Files.remove(lab.path("small/filler"))
                try eventually("writes after space came back", showing: { server.report }) {
                    server.put("/v1/kv/after", "1") ? () : nil
                }
                #expect(try server.stop() == 0)
                let again = try lab.server(1, data: "small/data")
                #expect(again.get("/v1/kv/big/?keys")?.split(separator: ",").count ?? 0 >= written)
                #expect(again.value("after") == "1")
            }
        }

        @Test("A restart keeps every key", arguments: [SIGTERM, SIGINT, SIGKILL])
        func restart(signal: Int32) throws {
            try Lab.run { lab in
                let server = try lab.server(1, data: "data")
                for number in 1...50 { #expect(server.put("/v1/kv/key/\(number)", "value \(number)")) }
                let before = server.get("/v1/kv/?recurse")
                #expect(try server.stop(signal) == (signal == SIGKILL ? 256 + SIGKILL : 0))
                let again = try lab.server(1, data: "data")
                #expect(before != nil && again.get("/v1/kv/?recurse") == before)
                #expect(again.put("/v1/kv/more", "1"))
            }
        }

        @Test("Registrations over HTTP outlive the agent's process") func registrations() throws {
            try Lab.run { lab in
                let server = try lab.server(1, data: "server")
                let join = ["-retry-join=\(lab.address(1))"]
                let client = try lab.start(2, data: "client", join)
                try client.awaitLeader()
                let body = #"{"Name":"web","Port":80,"Tags":["a"],"Check":{"TTL":"1h","Status":"passing"}}"#
                for agent in [server, client] { #expect(agent.put("/v1/agent/service/register", body)) }
                try eventually("both instances in the catalog", showing: { client.report }) {
                    server.get("/v1/health/service/web?passing")?.components("\"ServiceID\":\"web\"") == 2 ? () : nil
                }
                // It is written within 100 ms of the answer, the catalog may be quicker.
                try eventually("its file of registrations", showing: { client.report }) {
                    access(lab.path("client") + "/local/registrations", F_OK) == 0 ? () : nil
                }
                client.end()
                #expect(try server.stop() == 0)
                for (number, data, flags) in [(1, "server", ["-server", "-bootstrap-expect=1"]), (2, "client", join)] {
                    let again = try lab.start(number, data: data, flags)
                    try again.awaitLeader()
                    #expect(again.get("/v1/agent/services")?.contains("\"web\"") == true, "\(again.report)")
                    #expect(again.get("/v1/agent/checks")?.contains("service:web") == true)
                    try eventually("the instance is in the catalog", showing: { again.report }) {
                        again.get("/v1/catalog/service/web")?.contains("\"Node\":\"n\(number)\"") == true ? () : nil
                    }
                }
            }
        }

        @Test("A quorum lost for good is recovered by peers.json") func lostQuorum() throws {
            try Lab.run { lab in
                let flags = ["-server", "-bootstrap-expect=3"] + (1...3).map { "-retry-join=\(lab.address($0))" }
                let servers = try (1...3).map { try lab.start($0, data: "s\($0)", flags) }
                for server in servers { try server.awaitLeader() }
                #expect(servers[0].put("/v1/kv/kept", "yes"))
                try eventually("the survivor has the key") { servers[0].get("/v1/kv/kept?stale") }
                for lost in servers[1...] { lost.end() }
                #expect(try servers[0].stop() == 0)
                let id = Files.text(lab.path("s1/node-id")).prefix { $0 != "\n" }
                try Files.write(
                    #"[{"id": "\#(id)", "address": "\#(lab.address(1)):8300", "non_voter": false}]"#,
                    to: lab.path("s1/raft/peers.json"))
                let survivor = try lab.start(1, data: "s1", ["-server", "-bootstrap-expect=3"])
                try survivor.awaitLeader()
                #expect(survivor.value("kept") == "yes")
                #expect(survivor.put("/v1/kv/after", "1"), "\(survivor.report)")
                #expect(survivor.output.contains("peer set recovered"))
                #expect(survivor.get("/v1/status/peers") == "[\"\(lab.address(1)):8300\"]")
                #expect(!Files.exists(lab.path("s1/raft/peers.json")))
                #expect(try survivor.stop() == 0)
                let again = try lab.start(1, data: "s1", ["-server", "-bootstrap-expect=3"])
                try again.awaitLeader()
                #expect(again.value("after") == "1")
            }
        }
    }
}

extension String {
    /// How often a text is in it.
    func components(_ text: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: text) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
