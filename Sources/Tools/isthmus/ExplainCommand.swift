import ArgumentParser
import CommandSupport
import WireFormat

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Shows where a request for another datacenter would go, and why.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var datacenter: DatacenterOptions
    @Option(help: "The service whose instances would be read; a key by default.") var service = ""
    @Flag(help: "The request would be a consistent read.") var consistent = false
    @Flag(help: "The request would be a write.") var write = false

    func run() throws {
        let flags = [(consistent ? "consistent" : "", nil as String?), (write ? "write" : "", nil)]
        let query = datacenter.query + [(service.isEmpty ? "" : "service", service)] + flags
        let answer = try options.client.json("/v1/federation/explain", query)
        var lines = (answer["Steps"]?.items ?? []).map { "- \($0.text ?? "")" }
        var servers = TextTable(["Order", "Server", "Address", "RoundTrip", "Why"])
        for server in answer["Servers"]?.items ?? [] {
            let position = server.shown("Position")
            servers.add([
                position == "0" ? "-" : position, server.shown("Name"), server.shown("Address"),
                server.shown("RoundTrip"), server.shown("Why"),
            ])
        }
        if answer["Servers"]?.items?.isEmpty == false { lines += ["", servers.text] }
        var relays = TextTable(["Relay", "Chosen", "Why"])
        for relay in answer["Relays"]?.items ?? [] {
            relays.add([
                relay.shown("Datacenter"), relay["Chosen"]?.boolean == true ? "yes" : "no", relay.shown("Why"),
            ])
        }
        if answer["Relays"]?.items?.isEmpty == false { lines += ["", relays.text] }
        options.show(answer, as: lines.joined(separator: "\n"))
    }
}
