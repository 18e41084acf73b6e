import AgentCore
import Configuration
import Determinism
import FederationModel
import ServerCore
import TopologyCore

/// A topology as a world: its agents, configured as real ones read their configuration, its producers and its links.
struct SimulatedFederation: Sendable {
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// A network of its own: nothing else is in the world.
    private static let network = "127.20.0"

    let plan: TopologyPlan
    /// Of agents, by name.
    let hostOf: [String: Int]
    /// Of producers, by name.
    let producerOf: [String: Int]
    /// Whether SIGTERM makes an agent leave, by host.
    let leavesOnTerminate: [Bool]

    init(_ topology: Topology, in world: inout World, using random: inout SeededRandom) throws(Problem) {
        plan = TopologyPlan(topology, network: Self.network, folder: "/topology")
        var hosts: [String: Int] = [:]
        var leaves: [Bool] = []
        for agent in plan.agents {
            let configured = try Self.configured(agent)
            let server: ServerConfiguration
            do throws(AgentPlan.Problem) {
                server = try configured.serverConfiguration(nodeID: NodeID.random(using: &random))
            } catch {
                throw Problem(description: "\(agent.name): \(error)")
            }
            hosts[agent.name] = world.add(server, frontEnd: FrontEnd(configured))
            leaves.append(configured.configuration.leavesOnTerminate)
        }
        var producers: [String: Int] = [:]
        for producer in plan.producers {
            let definition = producer.definition
            guard let address = IPAddress(producer.address), let host = hosts[definition.node] else {
                throw Problem(description: "\(definition.name): \(producer.address) is no address")
            }
            let endpoint = Endpoint(address, UInt16(clamping: definition.port))
            producers[definition.name] = world.add(SimulatedProducer(definition, endpoint: endpoint, host: host))
        }
        for from in plan.agents {
            for to in plan.agents {
                guard let source = hosts[from.name], let target = hosts[to.name] else { continue }
                world.setLink(topology.link(from: from.name, to: to.name), from: source, to: target)
            }
        }
        hostOf = hosts
        producerOf = producers
        leavesOnTerminate = leaves
    }

    private static func configured(_ agent: TopologyPlan.Agent) throws(Problem) -> AgentPlan {
        var builder = ConfigurationBuilder()
        builder.apply(agent.configuration, from: agent.name)
        let configuration: AgentConfiguration
        do throws(ConfigurationError) {
            configuration = try builder.finished()
        } catch {
            throw Problem(description: error.description)
        }
        let surroundings = AgentSurroundings(
            hostName: agent.name, cipher: SimulatedCipher(), lookUp: { IPAddress($0).map { [$0] } ?? [] },
            privateAddress: { nil })
        do throws(AgentPlan.Problem) {
            return try AgentPlan(configuration, in: surroundings)
        } catch {
            throw Problem(description: "\(agent.name): \(error)")
        }
    }
}
