import AgentCore
import Configuration
import FederationModel
import HTTPCore
import Logging
import Telemetry

/// What the HTTP front end asks of the machine: blocking calls, away from the connection loops.
struct MachineRequests: Sendable {
    /// The configuration as its files now say it.
    typealias Loader = @Sendable () throws -> AgentConfiguration

    let dataDirectory: String
    let logLevel: LogLevelBox
    let load: Loader

    func host(isPretty: Bool, _ done: @escaping @Sendable ([UInt8]) -> Void) {
        Task.detached { [dataDirectory] in
            done(HostInformation.json(dataDirectory: dataDirectory, isPretty: isPretty))
        }
    }

    /// Reads the configuration again. The log level takes effect here; definitions are for the agent.
    func reload(_ done: @escaping @Sendable (Result<AgentRequest, AgentError>) -> Void) {
        Task.detached { [load, logLevel] in
            do {
                let configuration = try load()
                let (services, checks) = try AgentPlan.definitions(configuration)
                if let level = LogLine.Level(consulName: configuration.logLevel) {
                    logLevel.level = Logger.Level(level)
                }
                done(.success(.reload(services, checks)))
            } catch {
                done(.failure(.failed("\(error)")))
            }
        }
    }
}
