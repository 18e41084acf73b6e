import Configuration
import ConfigurationFiles
import Foundation
import Testing

struct ConfigurationLoaderTests {
    private func directory(_ files: [String: String]) throws -> String {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("configuration-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: url.appendingPathComponent(name)) }
        return url.path
    }

    @Test("A directory's .json files in order of their names")
    func directories() throws {
        let path = try directory([
            "2.json": #"{"datacenter": "two", "node_name": "n"}"#,
            "1.json": #"{"datacenter": "one", "data_dir": "/d"}"#,
            "3.txt": "not read",
        ])
        defer { try? FileManager.default.removeItem(atPath: path) }
        let loaded = try ConfigurationLoader.load(AgentFlags(["-config-dir", path]))
        #expect(loaded.configuration.datacenter == "two")
        #expect(loaded.configuration.nodeName == "n")
    }

    @Test("Broken and missing files are all named")
    func broken() throws {
        let path = try directory(["a.json": "{\"server\": }", "b.json": #"{"sever": true}"#])
        defer { try? FileManager.default.removeItem(atPath: path) }
        let flags = AgentFlags(["-data-dir=/d", "-config-dir", path, "-config-file", path + "/none.json", "-hcl", "["])
        let error = #expect(throws: ConfigurationError.self) { try ConfigurationLoader.load(flags) }
        let lines = error?.problems.map(\.description) ?? []
        #expect(lines.contains { $0.hasPrefix("\(path)/a.json:1:") })
        #expect(lines.contains("\(path)/b.json: sever: unknown key (did you mean \"server\"?)"))
        #expect(lines.contains("\(path)/none.json: No such file or directory"))
        #expect(lines.contains { $0.hasPrefix("-hcl:1:") })
        #expect(lines.count == 4)
    }

    @Test("A configuration written for Consul is accepted as it is")
    func consul() throws {
        let path = try directory([
            "node.json": #"""
            {"log_level": "INFO", "disable_update_check": true, "performance": {"raft_multiplier": 1},
             "telemetry": {"prometheus_retention_time": "10m"}, "node_meta": {"site": "one"},
             "leave_on_terminate": false, "ports": {"grpc": -1, "https": -1}, "translate_wan_addrs": true,
             "alt_domain": "alt.test.", "domain": "three.test.", "limits": {"kv_max_value_size": 524288},
             "dns_config": {"only_passing": true, "udp_answer_limit": 2, "node_ttl": "10s",
              "service_ttl": {"*": "5s", "web": "30s"}, "soa": {"refresh": 1200, "min_ttl": 60}},
             "services": [{"id": "w", "name": "web", "check": {"http": "http://127.0.0.1/", "interval": "1s"}}]}
            """#
        ])
        defer { try? FileManager.default.removeItem(atPath: path) }
        let loaded = try ConfigurationLoader.load(
            AgentFlags([
                "-node=n", "-datacenter=dc1", "-data-dir=/d", "-bind=127.0.1.1", "-client=127.0.1.1", "-http-port=8500",
                "-dns-port=8600", "-server-port=8300", "-serf-lan-port=8301", "-serf-wan-port=8302",
                "-config-dir=\(path)", "-retry-interval=1s", "-retry-join=127.0.1.2:8301", "-server",
                "-bootstrap-expect=3", "-retry-interval-wan=1s", "-retry-join-wan=127.0.2.1:8302",
            ]))
        #expect(loaded.configuration.retryJoinWAN == ["127.0.2.1:8302"])
        #expect(loaded.configuration.dns.serviceTTL.map(\.name) == ["*", "web"])
        #expect(loaded.configuration.dns.soaMinimumTTL == 60)
        #expect(loaded.keysWithoutEffect == ["disable_update_check", "telemetry", "ports.grpc", "ports.https"])
    }

    @Test("What a program writes is read again")
    func roundTrip() throws {
        let tree: ConfigurationValue = .make([
            "data_dir": .string("/with \"quotes\" and \u{1}"), "server": .bool(true),
            "retry_join": .array([.string("a")]),
            "bootstrap_expect": .integer(3), "telemetry": .make([:]),
        ])
        let path = try directory(["a.json": tree.jsonText])
        defer { try? FileManager.default.removeItem(atPath: path) }
        let configuration = try ConfigurationLoader.load(AgentFlags(["-config-file=\(path)/a.json"])).configuration
        #expect(configuration.dataDirectory == "/with \"quotes\" and \u{1}")
        #expect(configuration.bootstrapExpect == 3)
    }
}
