import ArgumentParser
import CommandSupport
import Glibc

/// Errors of any kind end with status 1; help and version with 0.
@main
enum Main {
    static func main() async {
        do {
            let words = CommandLineWords.normalised(Array(CommandLine.arguments.dropFirst()))
            try await run(try IsthmusCommand.parseAsRoot(words))
        } catch let failure as CommandFailure {
            StandardError.print("Error! \(failure)")
            exit(1)
        } catch {
            if IsthmusCommand.exitCode(for: error) == .success { IsthmusCommand.exit(withError: error) }
            let message = IsthmusCommand.fullMessage(for: error)
            if !message.isEmpty { StandardError.print(message) }
            exit(1)
        }
    }

    private static func run(_ parsed: any ParsableCommand) async throws {
        if let agent = parsed as? AgentCommand { return try await agent.run() }
        var command = parsed
        try command.run()
    }
}
