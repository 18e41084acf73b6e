extension TopologyGraph {
    /// Text that Mermaid draws as a flowchart.
    package var mermaid: String {
        var lines = ["flowchart LR"]
        for line in ["\(topology.name): \(topology.about)"] + defaults { lines.append("    %% \(line)") }
        for box in boxes {
            lines.append("    subgraph \(Self.id(box.name))[\"\(box.name)\"]")
            for server in box.servers { lines.append("        \(Self.id(server))([\"\(server)\"])") }
            for client in box.clients { lines.append("        \(Self.id(client))[\"\(client)\"]") }
            for producer in box.producers {
                lines.append("        \(Self.id(producer.name))>\"\(producer.name): \(producer.service)\"]")
                lines.append("        \(Self.id(producer.name)) -.- \(Self.id(producer.at))")
            }
            lines.append("    end")
        }
        for edge in edges {
            let arrow = edge.isBothWays ? "<-->" : "-->"
            lines.append("    \(Self.id(edge.from)) \(arrow)|\"\(edge.label)\"| \(Self.id(edge.to))")
        }
        // All other pairs are alike; drawn without words while they can be told apart.
        if boxes.count <= 8 {
            for (index, near) in boxes.enumerated() {
                for far in boxes[(index + 1)...] where !isDrawn(near.name, far.name) {
                    lines.append("    \(Self.id(near.name)) <--> \(Self.id(far.name))")
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    func isDrawn(_ one: String, _ other: String) -> Bool {
        edges.contains { [$0.from, $0.to] == [one, other] || [$0.from, $0.to] == [other, one] }
    }

    /// Mermaid's own words, such as `end`, are no identifiers: each gets a letter before it.
    private static func id(_ name: String) -> String { "n_" + name.map { $0 == "-" ? "_" : String($0) }.joined() }
}
