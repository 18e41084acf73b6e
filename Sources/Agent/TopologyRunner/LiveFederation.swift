import Glibc
import TopologyCore

/// The running federation: what its interfaces show, and what its runner knows of processes and loads. A value, so
/// that many threads may look at once.
struct LiveFederation: Sendable {
    private var view: FederationView
    private let asker: LiveAsker
    private let began: ContinuousClock.Instant
    /// Process groups by name, of everything ever started.
    var groups: [String: Int32] = [:]
    var loads: [String: LiveLoad] = [:]

    init(_ view: FederationView, _ asker: LiveAsker, began: ContinuousClock.Instant) {
        self.view = view
        self.asker = asker
        self.began = began
    }

    var plan: TopologyPlan { view.plan }
    /// Names of the agents and producers whose processes run.
    var running: Set<String> {
        get { view.running }
        set { view.running = newValue }
    }
    var aliases: [String: [String]] {
        get { view.aliases }
        set { view.aliases = newValue }
    }
    /// Servers that an action has added.
    var added: Set<String> {
        get { view.added }
        set { view.added = newValue }
    }

    func exists(_ name: String) -> Bool { view.exists(name) }
    func agent(_ name: String) -> TopologyPlan.Agent? { view.agent(name) }
    func servers(of datacenter: String) -> [String] { view.servers(of: datacenter) }

    func names(_ selector: TopologySelector) throws(FederationReason) -> [String] {
        var asker = asker
        return try view.names(selector, asking: &asker)
    }

    func runningAgents(_ selector: TopologySelector) throws(FederationReason) -> [TopologyPlan.Agent] {
        var asker = asker
        return try view.runningAgents(selector, asking: &asker)
    }

    func get(_ agent: TopologyPlan.Agent, _ target: String) throws(FederationReason) -> HTTPReply {
        var asker = asker
        return try view.get(agent, target, asking: &asker)
    }

    func members(_ agent: TopologyPlan.Agent, _ isWAN: Bool) throws(FederationReason) -> [FederationView.Member] {
        var asker = asker
        return try view.members(agent, isWAN, asking: &asker)
    }

    /// Looks once; processes and loads as they are now.
    /// - Returns: what was seen, and when it came to hold; nil: at the time of looking.
    func check(
        _ kind: TopologyExpectation.Kind, since mark: ContinuousClock.Instant
    ) throws(FederationReason) -> (evidence: String, since: ContinuousClock.Instant?) {
        var (view, asker) = (self.view, self.asker)
        view.now = ContinuousClock.now - began
        view.loads = loads.mapValues(\.record)
        view.leftProcesses = Set(groups.filter { kill(-$0.value, 0) == 0 || errno == EPERM }.keys)
        let held = try view.check(kind, since: mark - began, asking: &asker)
        return (held.evidence, held.since.map { began + $0 })
    }
}
