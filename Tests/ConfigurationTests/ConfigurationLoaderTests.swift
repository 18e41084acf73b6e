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
