package import Configuration

/// A federation, what is done to it and what must hold: a topology file that has been checked.
package struct Topology: Equatable, Sendable {
    package var name: String
    /// One line for people; may be empty.
    package var about = ""
    package var datacenters: [Datacenter] = []
    package var producers: [Producer] = []
    package var timings = Timings.shipped
    /// Base64 of 16, 24 or 32 bytes; empty for plain gossip. Also in every datacenter's options.
    package var gossipKey = ""
    /// Of a simulated run that is told no other.
    package var seed: UInt64 = 1
    /// A run ends by then, simulated or not.
    package var duration: Duration = .seconds(600)
    /// With the values they have in this topology.
    package var parameters: [Parameter] = []
    package var links = Links()
    /// Begun with the run.
    package var loads: [Load] = []
    package var steps: [Step] = []
    /// Done beside the steps.
    package var schedule: [Scheduled] = []
    /// Of the whole run.
    package var expectations: [RunExpectation] = []
    /// The file, parameters not yet replaced: `drawn(seed:)` reads it again.
    package var source: TopologyNode?

    package struct Datacenter: Equatable, Sendable {
        package var name: String
        /// `<datacenter>-s1`, `-s2`, … or as the file names them.
        package var servers: [String]
        /// `<datacenter>-c1`, … or as the file names them.
        package var clients: [String]
        /// Servers that do not exist before an `add-server` action; `start` and `restart` pass them by until then.
        package var addedServers: [String] = []
        /// Configuration keys of its agents: timings, gossip key and the file's defaults included.
        package var options: ConfigurationValue
        package var position = TopologyPosition(line: 1, column: 1)

        /// In the order of addresses.
        package var agents: [String] { servers + clients + addedServers }
        package var allServers: [String] { servers + addedServers }
    }

    package struct Step: Equatable, Sendable {
        package var name: String
        package var position: TopologyPosition
        package var actions: [TopologyAction]
        package var expectations: [TopologyExpectation]
    }

    package init(name: String) { self.name = name }

    package var agentNames: [String] { datacenters.flatMap(\.agents) }

    package func datacenter(of agent: String) -> Datacenter? { datacenters.first { $0.agents.contains(agent) } }

    package func load(named name: String) -> Load? {
        if let load = loads.first(where: { $0.name == name }) { return load }
        let actions = steps.flatMap(\.actions) + schedule.flatMap(\.actions)
        for action in actions {
            if case .load(let load) = action.kind, load.name == name { return load }
        }
        return nil
    }
}

extension Topology {
    /// Gossip profile of all agents.
    package enum Timings: String, Sendable, CaseIterable {
        /// Consul's: the LAN profile within datacenters, the WAN profile between them.
        case shipped
        /// The LAN profile for both pools.
        case lan
        /// The WAN profile for both pools.
        case wan
        /// A dead member is failed within about 3 s: 0.5 s until it is probed, 1.5 s of suspicion (3 × log10(n) ×
        /// 0.5 s, n up to 10), and the gossip about it. Round trips of links stay below the probe timeout of 250 ms.
        case fast

        /// Keys of the configuration, below the file's own options.
        var options: ConfigurationValue {
            switch self {
            case .shipped: .object([])
            case .lan: Self.pools(gossip: "200ms", 3, probe: "1s", "500ms", suspicion: 4)
            case .wan: Self.pools(gossip: "500ms", 4, probe: "5s", "3s", suspicion: 6)
            case .fast: Self.pools(gossip: "100ms", 3, probe: "500ms", "250ms", suspicion: 3)
            }
        }

        private static func pools(
            gossip: String, _ nodes: Int64, probe: String, _ timeout: String, suspicion: Int64
        ) -> ConfigurationValue {
            let pool = ConfigurationValue.make([
                "gossip_interval": .string(gossip), "gossip_nodes": .integer(nodes),
                "probe_interval": .string(probe), "probe_timeout": .string(timeout),
                "suspicion_mult": .integer(suspicion), "retransmit_mult": .integer(4),
            ])
            return .make(["gossip_lan": pool, "gossip_wan": pool])
        }
    }
}
