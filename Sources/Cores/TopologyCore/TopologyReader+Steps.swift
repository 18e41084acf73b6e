import Configuration

extension TopologyReader {
    mutating func readStep(_ node: TopologyNode) {
        var fields = TopologyFields(node, "a step", &problems)
        let name = fields.need("name", &problems)?.text("a step's name", &problems) ?? ""
        if topology.steps.contains(where: { $0.name == name && !name.isEmpty }) {
            note(node.position, "two steps are named \"\(name)\"")
        }
        var step = Topology.Step(name: name, position: node.position, actions: [], expectations: [])
        step.actions = readActions(fields.take("do"))
        for expectation in fields.take("expect")?.items("expectations", &problems) ?? [] {
            if let read = readExpectation(expectation, .step) { step.expectations.append(read) }
        }
        fields.finish(&problems)
        topology.steps.append(step)
    }

    /// The first key of an action or expectation says what it is.
    mutating func kindEntry(_ node: TopologyNode, _ what: String, _ names: [String]) -> String? {
        guard case .mapping(let entries) = node.kind, let first = entries.first else {
            note(node.position, "expected \(what), a mapping, found \(node.typeName)")
            return nil
        }
        if let entry = entries.first(where: { names.contains($0.key) }) { return entry.key }
        note(first.position, "\"\(first.key)\" is no \(what)\(NearestName.hint(first.key, among: names))")
        return nil
    }

    mutating func readStatus(_ node: TopologyNode) -> String? {
        guard let text = node.text("a status", &problems) else { return nil }
        let words = ["alive", "leaving", "left", "failed"]
        if words.contains(text) { return text }
        note(
            node.position,
            "\"\(text)\" is none of \(words.joined(separator: ", "))\(NearestName.hint(text, among: words))")
        return nil
    }
}
