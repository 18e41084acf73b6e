import Configuration

/// Turns a tree into a topology, or into everything that is wrong with it.
package struct TopologyReader {
    /// Loopback addresses of one /24 bound a federation that runs live: agents from 1, producers from 201.
    package static let maxAgentCount = 200
    package static let maxProducerCount = 50
    /// Longest wait of a step, so that a mistyped unit does not hang a run.
    static let waits: ClosedRange<Duration> = .milliseconds(1) ... .seconds(3600)
    /// Times of a run, which is a day at most.
    static let times: ClosedRange<Duration> = .zero ... .seconds(86_400)

    var problems = TopologyNotes()
    var topology = Topology(name: "")
    /// Names given by `as`, in the order of the steps.
    var aliases: [String] = []
    /// Loads begun so far, and whether they were finished.
    var loads: [(name: String, isFinished: Bool)] = []

    /// - Parameter parameters: which values they take; nil: those of the file's own seed.
    package static func read(
        _ root: TopologyNode, parameters draw: ParameterDraw? = nil
    ) throws(TopologyError) -> Topology {
        let (topology, problems) = readAll(root, parameters: draw)
        guard problems.isEmpty else { throw TopologyError(problems) }
        return topology
    }

    /// What could be read of a file, and everything that is wrong with it.
    static func readAll(_ root: TopologyNode, parameters draw: ParameterDraw?) -> (Topology, [TopologyProblem]) {
        var reader = TopologyReader()
        reader.readFile(root, draw)
        return (reader.topology, reader.problems.problems)
    }

    /// The keys that reading that file asked for, by what their mapping is.
    package static func knownKeys(reading root: TopologyNode) -> [String: Set<String>] {
        var reader = TopologyReader()
        reader.readFile(root, nil)
        return reader.problems.knownKeys
    }

    mutating func note(_ position: TopologyPosition, _ reason: String) {
        problems.append(TopologyProblem(position, reason))
    }

    private mutating func readFile(_ root: TopologyNode, _ draw: ParameterDraw?) {
        topology.source = root
        let root = withParameters(root, draw)
        var fields = TopologyFields(root, "a topology", &problems)
        topology.name = fields.need("name", &problems)?.name("a topology's name", &problems) ?? ""
        topology.about = fields.take("about")?.text("a description", &problems) ?? ""
        _ = (fields.take("seed"), fields.take("parameters"))
        topology.duration =
            fields.take("duration")?.duration("duration", .seconds(1) ... .seconds(86_400), &problems)
            ?? topology.duration
        let defaults = readDefaults(&fields)
        // Servers that an action adds belong to their datacenter before the action is read.
        let (steps, schedule) = (fields.take("steps"), fields.take("schedule"))
        if let node = fields.need("datacenters", &problems) {
            readDatacenters(node, defaults, added: Self.addedServers(in: [steps, schedule]))
        }
        if let node = fields.take("links") { readLinks(node) }
        if let node = fields.take("producers") { readProducers(node) }
        if let node = fields.take("load") { readLoads(node) }
        for step in steps?.items("steps", &problems) ?? [] { readStep(step) }
        for load in loads where !load.isFinished && topology.loads.allSatisfy({ $0.name != load.name }) {
            note(steps?.position ?? root.position, "load \"\(load.name)\" is never finished")
        }
        for entry in schedule?.items("a schedule", &problems) ?? [] { readScheduled(entry) }
        for entry in fields.take("expect")?.items("expectations", &problems) ?? [] { readRunExpectation(entry) }
        fields.finish(&problems)
    }

    /// Timings, the gossip key and the file's own defaults, each laid over the one before.
    private mutating func readDefaults(_ fields: inout TopologyFields) -> ConfigurationValue {
        topology.timings = fields.take("timings")?.choice("timings", Topology.Timings.self, &problems) ?? .shipped
        var options = topology.timings.options
        if let node = fields.take("gossip_key"), let key = node.text("a gossip key", &problems) {
            topology.gossipKey = key
            let encrypt = ConfigurationValue.make(["encrypt": .string(key)])
            for problem in Self.problems(of: encrypt) { note(node.position, "gossip_key: \(problem.reason)") }
            options = options.merged(with: encrypt)
        }
        guard let node = fields.take("defaults") else { return options }
        var inner = TopologyFields(node, "defaults", &problems)
        if let node = inner.take("options") { options = readOptions(node, over: options) }
        inner.finish(&problems)
        return options
    }

    mutating func readAgentName(_ node: TopologyNode) -> String? {
        guard let text = node.text("an agent's name", &problems) else { return nil }
        let names = topology.agentNames
        guard names.contains(text) else {
            note(node.position, "no agent is named \"\(text)\"\(NearestName.hint(text, among: names))")
            return nil
        }
        return text
    }

    mutating func readDatacenterName(_ node: TopologyNode) -> String? {
        guard let text = node.text("a datacenter's name", &problems) else { return nil }
        let names = topology.datacenters.map(\.name)
        guard names.contains(text) else {
            note(node.position, "no datacenter is named \"\(text)\"\(NearestName.hint(text, among: names))")
            return nil
        }
        return text
    }
}
