import ArgumentParser

struct KVCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kv", abstract: "Reads and writes keys.",
        subcommands: [
            KVGetCommand.self, KVPutCommand.self, KVDeleteCommand.self, KVListCommand.self, KVExportCommand.self,
            KVImportCommand.self,
        ])
}
