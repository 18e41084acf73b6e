import Configuration

extension TopologyReader {
    /// The file with values in the place of its parameters. The seed is read here, since they are drawn from it.
    mutating func withParameters(_ root: TopologyNode, _ draw: ParameterDraw?) -> TopologyNode {
        guard case .mapping(let entries) = root.kind else { return root }
        if let seed = root["seed"]?.integer("seed", 0...Int.max, &problems) { topology.seed = UInt64(seed) }
        if let node = root["parameters"] { readParameters(node) }
        for index in topology.parameters.indices { topology.parameters[index].draw(draw ?? .seed(topology.seed)) }
        var substitution = ParameterSubstitution(topology.parameters)
        let replaced = entries.map { entry in
            guard entry.key != "parameters" else { return entry }
            return TopologyNode.Entry(
                key: entry.key, position: entry.position, value: substitution.apply(to: entry.value))
        }
        for problem in substitution.problems { problems.append(problem) }
        for parameter in topology.parameters where !substitution.used.contains(parameter.name) {
            note(parameter.position, "parameter \"\(parameter.name)\" is used nowhere")
        }
        return TopologyNode(.mapping(replaced), at: root.position)
    }

    private mutating func readParameters(_ node: TopologyNode) {
        for entry in TopologyFields(node, "parameters", &problems).keys {
            let key = TopologyNode(.scalar(entry.key, isPlain: false), at: entry.position)
            guard let name = key.name("parameter's name", &problems) else { continue }
            if name.first?.isLetter != true { note(entry.position, "\"\(name)\": parameters begin with a letter") }
            guard let values = readParameterValues(entry.value) else { continue }
            topology.parameters.append(
                Topology.Parameter(name: name, values: values, value: "", position: entry.position))
        }
    }

    private mutating func readParameterValues(_ node: TopologyNode) -> Topology.Parameter.Values? {
        if case .scalar = node.kind { return node.text("a value", &problems).map { .oneOf([$0]) } }
        var fields = TopologyFields(node, "a parameter", &problems)
        let choices = fields.take("one-of")
        let (from, to) = (fields.take("from"), fields.take("to"))
        fields.finish(&problems)
        if let choices {
            if from != nil || to != nil { note(node.position, "give either one-of, or from and to") }
            let texts = choices.items("one-of", &problems).compactMap { $0.text("a value", &problems) }
            if choices.asItems.isEmpty { note(choices.position, "one-of names nothing") }
            return texts.isEmpty ? nil : .oneOf(texts)
        }
        guard let from = from?.text("a value", &problems), let to = to?.text("a value", &problems) else {
            note(node.position, "give either one-of, or from and to")
            return nil
        }
        if let low = Int(from), let high = Int(to) { return low <= high ? .integers(low...high) : falls(node) }
        if let low = PercentText.millionths(from), let high = PercentText.millionths(to) {
            return low <= high ? .percentages(low...high) : falls(node)
        }
        if let low = DurationText.parse(from), let high = DurationText.parse(to) {
            return low <= high ? .durations(low...high) : falls(node)
        }
        note(node.position, "from and to are both whole numbers, both percentages or both durations")
        return nil
    }

    private mutating func falls(_ node: TopologyNode) -> Topology.Parameter.Values? {
        note(node.position, "to is below from")
        return nil
    }
}
