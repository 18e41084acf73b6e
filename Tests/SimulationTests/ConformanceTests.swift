import Determinism
import FederationModel
import Foundation
import HTTPCore
import ServerCore
import Simulation
import Testing

/// A file of `Tests/Conformance`: see its README for the format.
struct ConformanceCases {
    struct Exchange {
        var line: String
        var node = "dc1-s1"
        var method = ""
        var path = ""
        var headers: [(name: String, value: String)] = []
        var body: [String] = []
        var answer: [String] = []
    }

    enum Step {
        case ask(Exchange)
        case wait(Duration)
    }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Conformance")

    static let names: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".cases") }.sorted()

    var steps: [Step] = []

    init(_ name: String) throws {
        let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
        for line in text.components(separatedBy: "\n") { add(line) }
    }

    private mutating func add(_ line: String) {
        let rest = String(line.dropFirst(2))
        switch line.prefix(2) {
        case "> ":
            var exchange = Exchange(line: rest)
            var words = rest.split(separator: " ").map(String.init)
            if words[0].hasPrefix("dc") { exchange.node = words.removeFirst() }
            (exchange.method, exchange.path) = (words[0], words[1])
            steps.append(.ask(exchange))
        case "~ ": steps.append(.wait(.milliseconds(Int64((Double(rest) ?? 0) * 1000))))
        case "+ ":
            let parts = rest.components(separatedBy: ": ")
            change { $0.headers.append((name: parts[0], value: parts[1])) }
        case "| ": change { $0.body.append(rest) }
        case "< ", "= ": change { $0.answer.append(line) }
        default: break
        }
    }

    private mutating func change(_ body: (inout Exchange) -> Void) {
        guard case .ask(var exchange)? = steps.last else { return }
        body(&exchange)
        steps[steps.count - 1] = .ask(exchange)
    }
}

/// Answers as the files have them.
private struct AnswerLines {
    static let hidden: Set = ["x-consul-index", "x-consul-lastcontact", "x-consul-contenthash"]
    static let leftOut: Set = ["date", "content-length", "transfer-encoding", "connection"]

    let addresses: [(name: String, address: String)]

    func lines(of response: HTTPResponse) -> [String] {
        var lines = ["< \(response.status)"]
        let headers = response.headers.map { (name: $0.name.lowercased(), value: $0.value) }
            .filter { !Self.leftOut.contains($0.name) }.sorted { $0.name < $1.name }
        for header in headers {
            lines.append("< \(header.name): \(Self.hidden.contains(header.name) ? "*" : header.value)")
        }
        return lines + shown(response.text).components(separatedBy: "\n").map { "= " + $0 }
    }

    private func shown(_ text: String) -> String {
        var text = text.replacing(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "<id>")
        text = text.replacing(/"(CreateIndex|ModifyIndex|LTime)":[1-9]\d*/) { "\"\($0.output.1)\":<index>" }
        text = text.replacing(/"ContentHash":"[0-9a-f]{16}"/, with: "\"ContentHash\":\"<hash>\"")
        text = text.replacing("rpc error making call: ", with: "")
        text = text.replacing(/current modify index \d+/, with: "current modify index <index>")
        for (name, address) in addresses {
            text = text.replacingOccurrences(
                of: NSRegularExpression.escapedPattern(for: address) + "\\b", with: "<\(name)>",
                options: .regularExpression)
        }
        return text
    }
}

@Suite("Consul's recorded answers, from a simulated federation")
struct ConformanceTests {
    @Test("Every answer is the recorded one, to the byte", arguments: ConformanceCases.names)
    func replay(file: String) throws {
        let cases = try ConformanceCases(file)
        let scenario = Scenario(seed: 11)
        scenario.nodeMeta = ["rack": "a1"]
        let hosts = [
            "dc1-s1": scenario.add(1, 1, bootstrap: .alone, federating: [2]),
            "dc2-s1": scenario.add(2, 1, bootstrap: .alone, federating: [1]),
            "dc1-c1": scenario.add(1, 11, node: "dc1-c1", isServer: false, bootstrap: .never),
        ]
        let first = try #require(hosts["dc1-s1"])
        for host in hosts.values.sorted() { scenario.world.start(host) }
        let isReady = scenario.run(atMost: .seconds(60)) { scenario in
            Self.text("/v1/catalog/nodes", scenario, first)?.contains("dc1-c1") == true
                && Self.text("/v1/catalog/nodes?dc=dc2", scenario, first)?.contains("dc2-s1") == true
        }
        _ = try #require(isReady)
        // Coordinates of the nodes, and verdicts on the other datacenter.
        scenario.run(for: .seconds(20))
        let answers = AnswerLines(addresses: [
            ("dc1-s1", "127.1.1.1"), ("dc1-c1", "127.1.1.11"), ("dc2-s1", "127.1.2.1"),
        ])
        var id = ""
        for step in cases.steps {
            switch step {
            case .wait(let time): scenario.run(for: time)
            case .ask(let exchange):
                let host = try #require(hosts[exchange.node], "\(exchange.line): no such node")
                let response = try #require(
                    Self.ask(exchange, id, scenario, host), "\(file): \(exchange.line): no answer")
                let shown = answers.lines(of: response)
                #expect(shown == exchange.answer, "\(file): \(exchange.line)")
                if exchange.path.hasSuffix("create") || exchange.path.hasSuffix("query"),
                    let found = response.text.firstMatch(of: /[0-9a-f]{8}-[0-9a-f-]{27}/)
                {
                    id = String(found.output)
                }
            }
        }
    }

    private static func ask(
        _ exchange: ConformanceCases.Exchange, _ id: String, _ scenario: Scenario, _ host: Int
    ) -> HTTPResponse? {
        // A header that says nothing: without any the world adds one of its own.
        scenario.fetch(
            exchange.method, exchange.path.replacing("{id}", with: id),
            [(name: "Host", value: "a")] + exchange.headers,
            body: exchange.body.joined(separator: "\n").replacing("{id}", with: id), at: host)
    }

    private static func text(_ path: String, _ scenario: Scenario, _ host: Int) -> String? {
        scenario.fetch("GET", path, at: host)?.text
    }
}
