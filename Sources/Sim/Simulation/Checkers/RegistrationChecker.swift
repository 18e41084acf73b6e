import FederationModel
import ServerCore

/// What agents register stands in the catalogs whole, and in the end as they say it.
///
/// For runs in which every instance is registered with a check and keeps one.
struct RegistrationChecker: StepChecker {
    static let name = "registrations"

    private let serviceNames: [String]
    /// Servers whose catalog changed within this step.
    private var moved: Set<Int> = []

    /// - Parameter serviceNames: of all services that are ever registered.
    init(serviceNames: [String]) { self.serviceNames = serviceNames }

    mutating func check(_ fact: Fact, _ host: Int) {
        switch fact {
        case .observed(.applied), .installed: moved.insert(host)
        default: break
        }
    }

    /// No reader finds an instance without its checks: it would pass before any of them has.
    mutating func endOfStep(_ world: World) -> [String] {
        defer { moved.removeAll(keepingCapacity: true) }
        return moved.sorted().flatMap { server in
            instances(at: server, world).filter { Self.own($0).isEmpty }.map {
                "\(world.hosts[server]) lists \($0.service?.id ?? "") at \($0.node?.node ?? "") without a check"
            }
        }
    }

    /// - Parameters:
    ///   - services: what an agent says of itself, with `checks`.
    /// - Returns: how the catalog of a server says something else of it.
    func compare(
        _ services: [NodeService], _ checks: [HealthCheck], of agent: String, at server: Int, _ world: World
    ) -> [String] {
        let wanted = services.map { service in
            "\(service.id) port \(service.port) "
                + checks.filter { $0.serviceID == service.id }.map { "\($0.checkID) \($0.status)" }.sorted().joined(
                    separator: ", ")
        }
        let found = instances(at: server, world).filter { $0.node?.node == agent }.map { instance in
            "\(instance.service?.id ?? "") port \(instance.service?.port ?? 0) "
                + Self.own(instance).map { "\($0.checkID) \($0.status)" }.sorted().joined(separator: ", ")
        }
        guard wanted.sorted() != found.sorted() else { return [] }
        return ["\(world.hosts[server]) lists \(found.sorted()) at \(agent), which has \(wanted.sorted())"]
    }

    private func instances(at server: Int, _ world: World) -> [CheckServiceNode] {
        let datacenter = world.states[server].datacenter
        return serviceNames.flatMap { name -> [CheckServiceNode] in
            let request = Request.healthServiceNodes(
                ServiceSpecificRequest(datacenter: datacenter, serviceName: name))
            guard case .checkServiceNodes(let found) = world.answer(request, at: server) else { return [] }
            return found.nodes ?? []
        }
    }

    private static func own(_ instance: CheckServiceNode) -> [HealthCheck] {
        (instance.checks ?? []).filter { $0.serviceID == instance.service?.id }
    }
}
