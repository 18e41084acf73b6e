import ArgumentParser
import CommandSupport
import Configuration
import ConfigurationFiles
import Glibc

struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Checks configuration files and directories as an agent would.")

    @Flag(help: "Say nothing when all is well.") var quiet = false
    @Argument(help: "Files and directories.") var paths: [String]

    func run() throws {
        guard !paths.isEmpty else { throw CommandFailure("Must specify at least one config file or directory") }
        let words = paths.map { path in
            var state = stat()
            let isDirectory = stat(path, &state) == 0 && state.st_mode & S_IFMT == S_IFDIR
            return "-config-\(isDirectory ? "dir" : "file")=\(path)"
        }
        do throws(ConfigurationError) {
            _ = try ConfigurationLoader.load(AgentFlags(words))
        } catch {
            throw CommandFailure("Config validation failed\n\(error)")
        }
        if !quiet { print("Configuration is valid!") }
    }
}
