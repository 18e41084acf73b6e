import ArgumentParser
import ClientHTTP
import CommandSupport
import Glibc
import WireFormat

struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Shows a view of the data once, or runs a program at each of its changes.")

    enum View: String, ExpressibleByArgument, CaseIterable {
        case key, keyprefix, services, nodes, service, checks, event
    }

    @OptionGroup var options: ClientOptions
    @OptionGroup var datacenter: DatacenterOptions
    @Option(help: "What is watched.") var type: View
    @Option(help: "With -type=key.") var key = ""
    @Option(help: "With -type=keyprefix.") var prefix = ""
    @Option(help: "With -type=service and checks.") var service = ""
    @Option(help: "Of the service, may be repeated.") var tag: [String] = []
    @Option(help: "Of the checks.") var state = ""
    @Option(help: "Of the event.") var name = ""
    @Flag(name: .customLong("passingonly"), help: "Instances that pass all their checks.") var passingOnly = false
    @Argument(help: "The program, run by the shell with the view as its input.") var words: [String] = []

    /// Between attempts at an agent that does not answer.
    private static let pause: UInt32 = 5
    /// Shorter than the client's limit of a call.
    private static let wait = "50s"

    func run() throws {
        let (path, query) = try view()
        var index = "0"
        var last: [UInt8]?
        while true {
            let waiting: AgentClient.Query = index == "0" ? [] : [("index", index), ("wait", Self.wait)]
            let answer: HTTPAnswer
            do {
                answer = try options.client.call("GET", path, datacenter.query + query + waiting, also: [404])
            } catch {
                guard !words.isEmpty else { throw error }
                StandardError.print("watch: \(error)")
                sleep(Self.pause)
                continue
            }
            index = answer.header("x-consul-index") ?? "0"
            let body = answer.status == 404 ? Array("null".utf8) : answer.body
            guard body != last else { continue }
            last = body
            guard !words.isEmpty else {
                return print(try AgentClient.read(HTTPAnswer(status: 200, body: body)).prettyText)
            }
            try run(input: body, index: index)
        }
    }

    private func view() throws -> (path: String, query: AgentClient.Query) {
        func required(_ text: String, _ flag: String) throws -> String {
            guard !text.isEmpty else { throw CommandFailure("-type=\(type.rawValue) needs -\(flag)") }
            return percentEncoded(text, keeping: "/")
        }
        switch type {
        case .key: return ("/v1/kv/" + (try required(key, "key")), [])
        case .keyprefix: return ("/v1/kv/" + (try required(prefix, "prefix")), [("recurse", nil)])
        case .services: return ("/v1/catalog/services", [])
        case .nodes: return ("/v1/catalog/nodes", [])
        case .service:
            let tags = tag.map { (name: "tag", value: String?.some($0)) }
            let query = tags + (passingOnly ? [(name: "passing", value: nil)] : [])
            return ("/v1/health/service/" + (try required(service, "service")), query)
        case .checks:
            guard service.isEmpty else { return ("/v1/health/checks/" + percentEncoded(service), []) }
            return ("/v1/health/state/" + (state.isEmpty ? "any" : percentEncoded(state)), [])
        case .event: return ("/v1/event/list", [(name.isEmpty ? "" : "name", name)])
        }
    }

    /// Runs the program to its end; one that fails is told and watched on.
    private func run(input: [UInt8], index: String) throws {
        setenv("CONSUL_INDEX", index, 1)
        guard let program = popen(words.joined(separator: " "), "w") else {
            throw CommandFailure("the program cannot be run: \(String(cString: strerror(errno)))")
        }
        fwrite(input, 1, input.count, program)
        let status = pclose(program)
        if status != 0 { StandardError.print("watch: the program ended with status \((status >> 8) & 0xFF)") }
    }
}
