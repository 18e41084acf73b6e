import ArgumentParser
import CommandSupport
import Configuration
import ConfigurationFiles
import Glibc

struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Runs an agent: a server of its datacenter with -server, else a client.")

    /// Consul's flags; `AgentFlags` reads them.
    @Argument(
        parsing: .captureForPassthrough, help: ArgumentHelp("Consul's flags; -help lists them.", valueName: "flag"))
    var flags: [String] = []

    func run() async throws {
        let flags = AgentFlags(flags)
        if flags.wantsHelp {
            print("usage: isthmus agent [flags], with one dash or two\n\n\(AgentFlags.help)")
            return
        }
        let loaded: ConfigurationLoader.Loaded
        do throws(ConfigurationError) {
            loaded = try ConfigurationLoader.load(flags)
        } catch {
            throw CommandFailure("the configuration is refused\n\(error)")
        }
        try await AgentEntry.run(loaded, flags)
    }
}
