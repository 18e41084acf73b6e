import Determinism
import FederationModel

/// `/v1/federation/…`
extension HTTPRouter {
    /// Verdicts of one datacenter or all: blocks while the index is `?index`; `?watch` streams each change.
    func federation(_ datacenter: String?, _ call: Call) -> HTTPAction {
        let rendering = call.rendering(.federation(isOne: datacenter != nil))
        if call.query.has("watch") { return .shell(.watchFederation(datacenter: datacenter), rendering) }
        let question = AgentRequest.federation(
            datacenter: datacenter, unlessIndex: call.options.minQueryIndex, wait: call.options.maxQueryTime)
        return .agent(question, rendering)
    }
}
