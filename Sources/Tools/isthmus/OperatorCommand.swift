import ArgumentParser
import CommandSupport
import WireFormat

struct OperatorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operator", abstract: "Tools of a datacenter's operator.", subcommands: [RaftCommand.self])
}

struct RaftCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "raft", abstract: "Shows and changes the peer set.",
        subcommands: [ListPeersCommand.self, RemovePeerCommand.self])
}

struct ListPeersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list-peers", abstract: "Lists the peer set.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var datacenter: DatacenterOptions

    func run() throws {
        let answer = try options.client.json("/v1/operator/raft/configuration", datacenter.query)
        var table = TextTable(["Node", "ID", "Address", "State", "Voter", "RaftProtocol"])
        for server in answer["Servers"]?.items ?? [] {
            let state = server["Leader"]?.boolean == true ? "leader" : "follower"
            let voter = server["Voter"]?.boolean == true ? "true" : "false"
            table.add([
                server.shown("Node"), server.shown("ID"), server.shown("Address"), state, voter,
                server.shown("ProtocolVersion"),
            ])
        }
        options.show(answer, as: table.text)
    }
}

struct RemovePeerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove-peer", abstract: "Removes a server from the peer set.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var datacenter: DatacenterOptions
    @Option(help: "The server's address, host:port.") var address = ""
    @Option(help: "The server's node id.") var id = ""

    func run() throws {
        guard address.isEmpty != id.isEmpty else { throw CommandFailure("give one of -address and -id") }
        let query = datacenter.query + [id.isEmpty ? ("address", address) : ("id", id)]
        _ = try options.client.call("DELETE", "/v1/operator/raft/peer", query)
        options.say("Removed peer with \(id.isEmpty ? "address \"\(address)\"" : "id \"\(id)\"")")
    }
}
