import ArgumentParser

struct IsthmusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "isthmus",
        abstract: "Federates datacenters that speak Consul's protocols.",
        subcommands: [
            AgentCommand.self, MembersCommand.self, JoinCommand.self, LeaveCommand.self, ForceLeaveCommand.self,
            KVCommand.self, SnapshotCommand.self, OperatorCommand.self, KeyringCommand.self, CatalogCommand.self,
            ServicesCommand.self, FederationCommand.self, InfoCommand.self, EventCommand.self, MaintCommand.self,
            ReloadCommand.self, RTTCommand.self, ValidateCommand.self, WatchCommand.self, VersionCommand.self,
            TopologyCommand.self, SimulateCommand.self, FuzzCommand.self,
        ])
}
