import Configuration
import Testing

struct AgentFlagsTests {
    private func configuration(_ arguments: String...) throws -> AgentConfiguration {
        try AgentFlags(arguments).builder(files: [], texts: []).finished()
    }

    @Test(
        "One dash or two, attached or not, booleans with and without a value",
        arguments: [
            ["-server", "-data-dir=/d", "-datacenter=east", "-bootstrap-expect=3"],
            ["--server", "--data-dir", "/d", "--datacenter", "east", "--bootstrap-expect", "3"],
            ["-server=true", "-data-dir", "/d", "--datacenter=east", "-bootstrap-expect", "3"],
        ])
    func dashes(arguments: [String]) throws {
        let configuration = try AgentFlags(arguments).builder(files: [], texts: []).finished()
        #expect(configuration.isServer)
        #expect(configuration.dataDirectory == "/d")
        #expect(configuration.datacenter == "east")
        #expect(configuration.bootstrapExpect == 3)
    }

    @Test("Repeated lists append, repeated scalars are replaced, -server=false is honoured")
    func repeated() throws {
        let configuration = try configuration(
            "-data-dir=/d", "-retry-join=a", "-retry-join", "b:8301", "-node=x", "-node=y", "-server", "-server=false",
            "-node-meta=rack:r1", "-node-meta=row:2:b")
        #expect(configuration.retryJoin == ["a", "b:8301"])
        #expect(configuration.nodeName == "y")
        #expect(!configuration.isServer)
        #expect(configuration.nodeMeta == ["rack": "r1", "row": "2:b"])
    }

    @Test("Sources keep their order")
    func sources() {
        let flags = AgentFlags(["-config-file=a.json", "-config-dir", "d", "-config-file", "b.json", "-hcl", "{}"])
        #expect(flags.sources == [.file("a.json"), .directory("d"), .file("b.json")])
        #expect(flags.texts == ["{}"])
        #expect(flags.problems.isEmpty)
    }

    @Test("Of very many unknown flags the first ones get a hint")
    func hints() {
        let flags = AgentFlags([String](repeating: "-sever", count: 1000))
        #expect(flags.problems.count == 1000)
        #expect(flags.problems.count { $0.reason.contains("did you mean") } == NearestName.maxHintCount)
    }

    @Test("Everything wrong is said at once, with flag and reason")
    func problems() {
        let flags = AgentFlags([
            "-sever", "stray", "-bootstrap-expect=many", "-server=perhaps", "-http-port=70000", "-retry-interval=30",
            "-config-format=hcl", "-data-dir",
        ])
        let error = #expect(throws: ConfigurationError.self) { try flags.builder(files: [], texts: []).finished() }
        let lines = error?.problems.map(\.description) ?? []
        #expect(lines.contains("command line: -sever: unknown flag (did you mean \"server\"?)"))
        #expect(lines.contains("command line: stray: is not a flag; agent takes nothing else"))
        #expect(lines.contains("command line: -bootstrap-expect: \"many\" is no integer"))
        #expect(lines.contains("command line: -server: \"perhaps\" is no boolean"))
        #expect(lines.contains("command line: -http-port: 70000 is not within -1...65535"))
        #expect(lines.contains { $0.hasPrefix("command line: -retry-interval: \"30\" is not a duration") })
        #expect(lines.contains { $0.hasPrefix("command line: -config-format:") })
        #expect(lines.contains("command line: -data-dir: needs a value"))
    }

    @Test("Consul's defaults of leaving by role")
    func leaving() throws {
        let server = try configuration("-server", "-data-dir=/d")
        #expect(!server.leavesOnTerminate && !server.leavesOnInterrupt)
        let client = try configuration("-data-dir=/d")
        #expect(client.leavesOnTerminate && client.leavesOnInterrupt)
    }

    @Test("-dev needs nothing else")
    func development() throws {
        let configuration = try configuration("-dev")
        #expect(configuration.isServer && configuration.bootstrap && configuration.bindAddress == "127.0.0.1")
    }
}
