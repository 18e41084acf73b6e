package import FederationModel

/// `?dc=` when it names more than one datacenter: `*`, `dc1,dc2`, `near:2`.
package enum DatacenterSelection: Equatable, Sendable {
    case all
    /// In the order given, each once.
    case listed([String])
    /// This datacenter and those nearest to it, so many in all.
    case nearest(Int)

    /// So many requests are made for one at most, so that a caller costs the federation no more than that, and so many
    /// entries of `X-Isthmus-Datacenters` stay within the 8 KiB that clients take of headers.
    package static let maxCount = 64

    /// No datacenter's name has a star, a comma or a colon.
    /// - Returns: nil for a plain name.
    init?(_ text: String) throws(HTTPProblem) {
        if text == "*" {
            self = .all
        } else if text.hasPrefix("near:") {
            guard let count = Int(text.dropFirst(5)), (1...Self.maxCount).contains(count) else {
                throw .badRequest("Invalid dc: near: takes a count of 1 to \(Self.maxCount)")
            }
            self = .nearest(count)
        } else if text.utf8.contains(UInt8(ascii: ",")) {
            var names: [String] = []
            for name in text.split(separator: ",") where !names.contains(String(name)) { names.append(String(name)) }
            guard !names.isEmpty, !names.contains(where: { $0 == "*" || $0.hasPrefix("near:") }) else {
                throw .badRequest("Invalid dc: a list has names of datacenters only")
            }
            guard names.count <= Self.maxCount else {
                throw .badRequest("Invalid dc: a list has at most \(Self.maxCount) datacenters")
            }
            self = .listed(names)
        } else {
            return nil
        }
    }
}

extension Request {
    /// Whether it can be put to several datacenters: reads of catalog, health and KV.
    var mayNameSeveral: Bool {
        switch self {
        case .catalogListNodes, .catalogListServices, .catalogServiceNodes, .catalogNodeServices,
            .catalogNodeServiceList, .healthChecksInState, .healthNodeChecks, .healthServiceChecks,
            .healthServiceNodes, .kvsGet, .kvsList, .kvsListKeys:
            true
        default: false
        }
    }

    /// The same read in another datacenter.
    package func directed(to datacenter: String) -> Request {
        var request = self
        request.datacenter = datacenter
        switch request {
        case .catalogListNodes(var body):
            body.source.datacenter = datacenter
            return .catalogListNodes(body)
        case .catalogListServices(var body):
            body.source.datacenter = datacenter
            return .catalogListServices(body)
        case .catalogServiceNodes(var body):
            body.source.datacenter = datacenter
            return .catalogServiceNodes(body)
        case .healthServiceNodes(var body):
            body.source.datacenter = datacenter
            return .healthServiceNodes(body)
        case .healthServiceChecks(var body):
            body.source.datacenter = datacenter
            return .healthServiceChecks(body)
        case .healthChecksInState(var body):
            body.source.datacenter = datacenter
            return .healthChecksInState(body)
        default: return request
        }
    }
}

extension HTTPRouter {
    /// Refuses several datacenters where they have no meaning.
    func checked(_ action: HTTPAction, _ call: Call) throws(HTTPProblem) -> HTTPAction {
        guard call.selection != nil, case .request(let request, let rendering) = action else { return action }
        let isRaw = rendering.endpoint == .kvEntry(raw: true)
        switch rendering.endpoint {
        case .emptyList, .gatewayServices, .configEntry, .configDeleted, .intentions, .intentionMatch, .intentionCheck:
            throw .severalDatacenters
        default: if !request.mayNameSeveral || isRaw { throw .severalDatacenters }
        }
        guard call.options.minQueryIndex == 0 else {
            throw .badRequest("Invalid dc: index waits for one datacenter, not for several")
        }
        return action
    }
}

extension HTTPProblem {
    static let severalDatacenters = badRequest(
        "Invalid dc: only reads of catalog, health and KV, raw values excepted, are for several datacenters")
}
