import Determinism
import FederationModel
import HTTPCore

let router = HTTPRouter(context: HTTPContext(datacenter: "dc1", node: "s1", isServer: true))

func route(
    _ method: String, _ target: String, _ body: String = "",
    headers: [(name: String, value: String)] = [(name: "User-Agent", value: "test")],
    on router: HTTPRouter = router
) -> HTTPAction {
    var random = SeededRandom(seed: 1)
    let request = HTTPRequest(method: method, target: target, headers: headers, body: Array(body.utf8))
    return router.route(request, random: &random)
}

extension HTTPAction {
    var response: HTTPResponse? { if case .respond(let response) = self { response } else { nil } }
    var request: Request? { if case .request(let request, _) = self { request } else { nil } }
    var agentRequest: AgentRequest? { if case .agent(let request, _) = self { request } else { nil } }
    var rendering: Rendering? {
        switch self {
        case .respond: nil
        case .request(_, let rendering), .agent(_, let rendering), .join(_, _, _, let rendering),
            .shell(_, let rendering):
            rendering
        }
    }
}

let leaderMeta = QueryMeta(index: 42, lastContact: .zero, knownLeader: true)
