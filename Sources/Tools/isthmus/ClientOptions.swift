import ArgumentParser
import CommandSupport
import Glibc
import WireFormat

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case pretty, json
}

/// Flags of every command that asks an agent.
struct ClientOptions: ParsableArguments {
    @Option(help: "The agent's HTTP address; also ISTHMUS_HTTP_ADDR or CONSUL_HTTP_ADDR.")
    var httpAddr: String?

    @Option(help: "Sent with every request; also CONSUL_HTTP_TOKEN.")
    var token: String?

    @Option(help: "How the answer is printed.")
    var format = OutputFormat.pretty

    var client: AgentClient {
        let address = httpAddr ?? environment("ISTHMUS_HTTP_ADDR") ?? environment("CONSUL_HTTP_ADDR")
        return AgentClient(
            address: address ?? "http://127.0.0.1:8500", token: token ?? environment("CONSUL_HTTP_TOKEN") ?? "")
    }

    private func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Prints the table for people or the value for programs.
    func show(_ value: JSONValue, as table: @autoclosure () -> String) {
        print(format == .json ? value.prettyText : table())
    }

    /// Prints a sentence for people or an object of it for programs.
    func say(_ sentence: String) {
        let value = JSONValue(.object([JSONMember(name: "Message", value: JSONValue(.string(sentence)))]))
        show(value, as: sentence)
    }
}

/// Flags of commands that may ask about another datacenter.
struct DatacenterOptions: ParsableArguments {
    @Option(help: "The datacenter asked about, by default the agent's own; many reads take '*', 'dc1,dc2', 'near:2'.")
    var datacenter = ""

    @Flag(help: "Any server may answer, however old its data is.")
    var stale = false

    var query: AgentClient.Query {
        [(datacenter.isEmpty ? "" : "dc", datacenter), (stale ? "stale" : "", nil)]
    }
}
