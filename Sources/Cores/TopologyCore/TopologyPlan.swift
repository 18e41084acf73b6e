package import Configuration

/// What a topology becomes on one machine: an address for everyone, and every agent's configuration.
package struct TopologyPlan: Equatable, Sendable {
    package struct Agent: Equatable, Sendable {
        package var name: String
        package var datacenter: String
        package var isServer: Bool
        package var address: String
        package var configuration: ConfigurationValue
    }

    package struct Producer: Equatable, Sendable {
        package var definition: Topology.Producer
        package var address: String
    }

    /// In the order of the file.
    package var agents: [Agent] = []
    package var producers: [Producer] = []

    /// - Parameters:
    ///   - network: the first three parts of a loopback network, such as `127.20.3`; agents take .1 to .200, producers
    ///     .201 to .250.
    ///   - folder: where each agent's data directory, named as the agent, will be.
    package init(_ topology: Topology, network: String, folder: String) {
        var addresses: [String: String] = [:]
        for (index, name) in topology.agentNames.enumerated() { addresses[name] = "\(network).\(1 + index)" }
        for (index, producer) in topology.producers.enumerated() {
            addresses[producer.name] = "\(network).\(TopologyReader.maxAgentCount + 1 + index)"
        }
        self.init(topology, addresses: addresses, folder: folder)
    }

    /// - Parameter addresses: of every agent and producer, by name.
    package init(_ topology: Topology, addresses: [String: String], folder: String) {
        producers = topology.producers.map { Producer(definition: $0, address: addresses[$0.name] ?? "") }
        for datacenter in topology.datacenters {
            let remote = topology.datacenters.filter { $0.name != datacenter.name }.flatMap(\.servers)
            for name in datacenter.agents {
                guard let address = addresses[name] else { continue }
                let isServer = datacenter.allServers.contains(name)
                var own: [ConfigurationValue.Entry] = [
                    .init("node_name", .string(name)), .init("datacenter", .string(datacenter.name)),
                    .init("data_dir", .string("\(folder)/\(name)")), .init("bind_addr", .string(address)),
                    .init("client_addr", .string(address)), .init("server", .bool(isServer)),
                    .init("leave_on_terminate", .bool(false)), .init("retry_interval", .string("1s")),
                    .init(
                        "retry_join",
                        .array(
                            datacenter.servers.filter { $0 != name }.compactMap { addresses[$0].map { .string($0) } })),
                ]
                if isServer {
                    // A server that is added joins the peer set that is there.
                    if !datacenter.addedServers.contains(name) {
                        own.append(.init("bootstrap_expect", .integer(Int64(datacenter.servers.count))))
                    }
                    own.append(.init("retry_interval_wan", .string("1s")))
                    own.append(.init("retry_join_wan", .array(remote.compactMap { addresses[$0].map { .string($0) } })))
                }
                let services = producers.filter { $0.definition.node == name && $0.definition.registration == .config }
                if !services.isEmpty { own.append(.init("services", .array(services.map(\.configForm)))) }
                agents.append(
                    Agent(
                        name: name, datacenter: datacenter.name, isServer: isServer, address: address,
                        configuration: ConfigurationValue.object(own).merged(with: datacenter.options)))
            }
        }
    }
}

extension TopologyPlan.Producer {
    /// For an agent's configuration file.
    package var configForm: ConfigurationValue { form { $0 } }

    /// For `/v1/agent/service/register`.
    package var apiForm: ConfigurationValue {
        form { ["id": "ID", "http": "HTTP", "tcp": "TCP"][$0] ?? $0.prefix(1).uppercased() + $0.dropFirst() }
    }

    /// For `/v1/catalog/register`: a node of the producer's name with its instance, and a check that nobody runs.
    package var catalogForm: ConfigurationValue {
        .make([
            "Node": .string(definition.name), "Address": .string(address),
            "Service": .make([
                "ID": .string(definition.name), "Service": .string(definition.service), "Address": .string(address),
                "Port": .integer(Int64(definition.port)), "Tags": .array(definition.tags.map { .string($0) }),
            ]),
        ])
    }

    private func form(_ name: (String) -> String) -> ConfigurationValue {
        var entries: [ConfigurationValue.Entry] = [
            .init(name("id"), .string(definition.name)), .init(name("name"), .string(definition.service)),
            .init(name("address"), .string(address)), .init(name("port"), .integer(Int64(definition.port))),
            .init(name("tags"), .array(definition.tags.map { .string($0) })),
        ]
        let times: [ConfigurationValue.Entry] = [
            .init(name("interval"), .string(DurationText.text(definition.checkInterval))),
            .init(name("timeout"), .string(DurationText.text(definition.checkTimeout))),
        ]
        switch definition.check {
        case .http:
            let url = "http://\(address):\(definition.port)\(definition.checkPath)"
            entries.append(.init(name("check"), .object([.init(name("http"), .string(url))] + times)))
        case .tcp:
            let target = ConfigurationValue.string("\(address):\(definition.port)")
            entries.append(.init(name("check"), .object([.init(name("tcp"), target)] + times)))
        case .none: break
        }
        return .object(entries)
    }
}
