import Testing

extension LiveTests {
    @Suite("Names to join") struct JoinByNameTests {
        @Test("A name that nobody knew at the start is joined once the host file has it. Needs root")
        func lateName() throws {
            try Lab.run { lab in
                try Files.write("127.0.0.1 localhost\n", to: lab.path("hosts"))
                let client = try lab.start(
                    2, data: "client", ["-retry-join=nobody.invalid", "-retry-join=servers.test"],
                    hosts: lab.path("hosts"))
                try eventually("an attempt", showing: { client.report }) {
                    client.output.contains("a name has no address") ? () : nil
                }
                let server = try lab.server(1, data: "server")
                try Files.write("127.0.0.1 localhost\n\(lab.address(1)) servers.test\n", to: lab.path("hosts"))
                try eventually("both members", showing: { client.report }) {
                    server.get("/v1/agent/members")?.components("\"Status\":1,") == 2 ? () : nil
                }
                #expect(try client.stop() == 0)
            }
        }
    }
}
