import Configuration
import Testing

struct ConfigurationBuilderTests {
    private let base: ConfigurationValue = .make(["data_dir": .string("/d")])

    private func problems(_ tree: ConfigurationValue) -> [String] {
        var builder = ConfigurationBuilder()
        builder.apply(base.merged(with: tree), from: "f.json")
        do {
            _ = try builder.finished()
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test("Later layers win, lists append, maps merge; list flags come before files, other flags after")
    func order() throws {
        let flags = AgentFlags(["-retry-join=flag", "-datacenter=flagged"])
        let first: ConfigurationValue = .make([
            "data_dir": .string("/d"), "datacenter": .string("one"), "node_name": .string("n1"),
            "retry_join": .array([.string("file1")]), "node_meta": .make(["a": .string("1"), "b": .string("1")]),
            "service": .make(["name": .string("web")]), "ports": .make(["http": .integer(1500)]),
        ])
        let second: ConfigurationValue = .make([
            "node_name": .string("n2"), "retry_join": .array([.string("file2")]),
            "node_meta": .make(["b": .string("2")]), "services": .array([.make(["name": .string("db")])]),
            "ports": .make(["dns": .integer(1600)]),
        ])
        let builder = flags.builder(
            files: [("1.json", first), ("2.json", second)], texts: [.make(["log_level": .string("warn")])])
        let configuration = try builder.finished()
        #expect(configuration.retryJoin == ["flag", "file1", "file2"])
        #expect(configuration.datacenter == "flagged")
        #expect(configuration.nodeName == "n2")
        #expect(configuration.nodeMeta == ["a": "1", "b": "2"])
        #expect(configuration.services.map { $0["name"] } == [.string("web"), .string("db")])
        #expect(configuration.ports.http == 1500 && configuration.ports.dns == 1600)
        #expect(configuration.logLevel == "warn")
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var tree: ConfigurationValue
        var message: String
        var testDescription: String { message }
    }

    @Test(
        "Each broken rule names file, key and reason",
        arguments: [
            Refusal(
                tree: .make(["datacentre": .string("x")]),
                message: "f.json: datacentre: unknown key (did you mean \"datacenter\"?)"),
            Refusal(
                tree: .make(["ports": .make(["htp": .integer(1)])]),
                message: "f.json: ports.htp: unknown key (did you mean \"ports.http\"?)"),
            Refusal(
                tree: .make(["server": .string("yes")]), message: "f.json: server: expected a boolean, found a string"),
            Refusal(
                tree: .make(["ports": .integer(1)]),
                message: "f.json: ports: expected an object, found a whole number"),
            Refusal(
                tree: .make(["bootstrap_expect": .integer(3)]), message: "f.json: bootstrap_expect: needs server mode"),
            Refusal(
                tree: .make(["server": .bool(true), "bootstrap": .bool(true), "bootstrap_expect": .integer(3)]),
                message: "f.json: bootstrap_expect: excludes bootstrap"),
            Refusal(
                tree: .make(["encrypt": .string("AAAA")]),
                message: "f.json: encrypt: is not base64 of 16, 24 or 32 bytes but of 3"),
            Refusal(
                tree: .make(["ports": .make(["dns": .integer(8500)])]),
                message: "f.json: ports.dns: 8500 is also ports.http"),
            Refusal(
                tree: .make(["gossip_wan": .make(["probe_timeout": .string("6s")])]),
                message:
                    "f.json: gossip_wan.probe_timeout: the probe timeout 6s is not below the probe interval 5s"),
            Refusal(
                tree: .make(["performance": .make(["raft_multiplier": .integer(11)])]),
                message: "f.json: performance.raft_multiplier: 11 is not within 1...10"),
            Refusal(
                tree: .make(["bind_addr": .string("localhost")]),
                message: "f.json: bind_addr: \"localhost\" is not an IP address"),
            Refusal(
                tree: .make(["advertise_addr": .string("0.0.0.0")]),
                message: "f.json: advertise_addr: \"0.0.0.0\" cannot be reached by others"),
            Refusal(tree: .make(["node_id": .string("7")]), message: "f.json: node_id: \"7\" is not a UUID"),
            Refusal(
                tree: .make(["services": .array([.integer(1)])]),
                message: "f.json: services: expected a list of objects, found a whole number"),
        ])
    func refusals(refusal: Refusal) {
        #expect(problems(refusal.tree) == [refusal.message])
    }

    @Test("Accepted keys without effect are listed, once")
    func withoutEffect() throws {
        var builder = ConfigurationBuilder()
        builder.apply(base.merged(with: .make(["telemetry": .make(["x": .integer(1)]), "ui": .bool(true)])), from: "a")
        builder.apply(.make(["ui": .bool(false)]), from: "b")
        _ = try builder.finished()
        #expect(builder.keysWithoutEffect == ["telemetry", "ui"])
    }

    @Test("No option is declared twice, and every group of flags is Consul's lower case with dashes")
    func table() {
        let keys = AgentConfiguration.options.map(\.key)
        #expect(Set(keys).count == keys.count)
        let flags = AgentConfiguration.options.map(\.flag).filter { !$0.isEmpty }
        #expect(Set(flags).count == flags.count)
        #expect(AgentConfiguration().problems().map(\.key) == ["data_dir"])
    }

    @Test(
        "Go's durations",
        arguments: [
            ("30s", Duration.seconds(30), "30s"), ("1h30m", .seconds(5400), "1h30m0s"),
            ("1.5s", .milliseconds(1500), "1.5s"),
            ("200ms", .milliseconds(200), "200ms"), ("0", .zero, "0s"), ("-5us", .microseconds(-5), "-5µs"),
            ("72h", .seconds(259_200), "72h0m0s"),
        ])
    func durations(text: String, duration: Duration, shown: String) {
        #expect(DurationText.parse(text) == duration)
        #expect(DurationText.text(duration) == shown)
    }

    @Test("What is no duration", arguments: ["", "5", "s", "5 s", "1x", "1..5s", "9999999999h", "-", "1s2"])
    func noDurations(text: String) { #expect(DurationText.parse(text) == nil) }
}
