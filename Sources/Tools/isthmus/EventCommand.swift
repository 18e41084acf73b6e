import ArgumentParser
import ClientHTTP
import CommandSupport
import WireFormat

struct EventCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "event", abstract: "Fires a user event.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var datacenter: DatacenterOptions
    @Option(help: "The event's name.") var name: String
    @Option(help: "Pattern of the nodes that act on it.") var node = ""
    @Option(help: "Pattern of the services that act on it.") var service = ""
    @Option(help: "Pattern of the tags of -service.") var tag = ""
    @Argument(help: "Sent along.") var payload = ""

    func run() throws {
        guard tag.isEmpty || !service.isEmpty else { throw CommandFailure("-tag needs -service") }
        let filters = [("node", node), ("service", service), ("tag", tag)].filter { !$0.1.isEmpty }
        let answer = try options.client.call(
            "PUT", "/v1/event/fire/\(percentEncoded(name))",
            datacenter.query + filters.map { (name: $0.0, value: $0.1) }, body: Array(payload.utf8))
        let event = try AgentClient.read(answer)
        options.show(event, as: "Event ID: \(event.shown("ID"))")
    }
}
