package import Configuration

/// A federation, what is done to it and what must hold: a topology file that has been checked.
package struct Topology: Equatable, Sendable {
    package var name: String
    package var datacenters: [Datacenter] = []
    package var producers: [Producer] = []
    package var steps: [Step] = []

    package struct Datacenter: Equatable, Sendable {
        package var name: String
        /// `<datacenter>-s1`, `-s2`, … or as the file names them.
        package var servers: [String]
        /// `<datacenter>-c1`, … or as the file names them.
        package var clients: [String]
        /// Configuration keys of its agents, the file's defaults included.
        package var options: ConfigurationValue
    }

    /// A process that answers HTTP, and the service instance it is registered as; its name is the instance's id.
    package struct Producer: Equatable, Sendable {
        package enum Registration: String, Sendable, CaseIterable {
            /// By the `register` action at the agent.
            case http
            /// In the agent's configuration.
            case config
        }

        package enum Check: String, Sendable, CaseIterable {
            case http, tcp, none
        }

        package var name: String
        package var service: String
        /// The agent it is registered at.
        package var node: String
        package var registration: Registration
        package var port: Int
        package var tags: [String]
        package var check: Check
        package var checkPath: String
        package var checkInterval: Duration
        package var checkTimeout: Duration
    }

    package struct Step: Equatable, Sendable {
        package var name: String
        package var position: TopologyPosition
        package var actions: [TopologyAction]
        package var expectations: [TopologyExpectation]
    }

    package var agentNames: [String] { datacenters.flatMap { $0.servers + $0.clients } }

    package func datacenter(of agent: String) -> Datacenter? {
        datacenters.first { $0.servers.contains(agent) || $0.clients.contains(agent) }
    }
}
