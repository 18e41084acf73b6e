import ArgumentParser
import CommandSupport
import FederationModel
import WireFormat

struct InfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Shows the agent's state in numbers.")

    @OptionGroup var options: ClientOptions

    func run() throws {
        let stats = try options.client.json("/v1/agent/self")["Stats"] ?? JSONValue(.object([]))
        let groups = (stats.members ?? []).sorted { $0.name < $1.name }
        let text = groups.map { group in
            let lines = (group.value.members ?? []).sorted { $0.name < $1.name }
            return "\(group.name):\n" + lines.map { "\t\($0.name) = \($0.value.text ?? "")" }.joined(separator: "\n")
        }
        options.show(stats, as: text.joined(separator: "\n"))
    }
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Shows the version.")

    @Option(help: "How the answer is printed.") var format = OutputFormat.pretty

    func run() {
        let object = JSONValue(
            .object([
                JSONMember(name: "Version", value: JSONValue(.string(Build.version))),
                JSONMember(name: "ConsulVersion", value: JSONValue(.string(Build.consulVersion))),
            ]))
        print(
            format == .json
                ? object.prettyText : "Isthmus v\(Build.version)\nSpeaks the protocols of Consul \(Build.consulVersion)"
        )
    }
}
