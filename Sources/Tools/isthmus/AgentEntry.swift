import Agent
import CommandSupport
import Configuration
import ConfigurationFiles

/// Where the command line meets the agent.
enum AgentEntry {
    /// Runs until the agent has stopped; throws what made it stop when that was a failure.
    static func run(_ loaded: ConfigurationLoader.Loaded, _ flags: AgentFlags) async throws {
        do {
            try await AgentProcess.run(loaded.configuration, keysWithoutEffect: loaded.keysWithoutEffect) {
                try ConfigurationLoader.load(flags).configuration
            }
        } catch let failure as AgentProcess.Failure {
            throw CommandFailure(failure.description)
        }
    }
}
