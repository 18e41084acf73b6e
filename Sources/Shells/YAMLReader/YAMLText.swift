package import TopologyCore
import Yams

/// YAML text as a tree with positions.
package enum YAMLText {
    /// Files beyond these are refused: aliases can make a small text a huge tree.
    package static let maxBytes = 4 << 20
    package static let maxNodeCount = 200_000
    package static let maxDepth = 64

    package static func read(_ text: String) throws(TopologyError) -> TopologyNode {
        guard text.utf8.count <= maxBytes else {
            throw TopologyError([problem(1, 1, "the file is larger than \(maxBytes) bytes")])
        }
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch let error as YamlError {
            throw TopologyError([problem(of: error)])
        } catch {
            throw TopologyError([problem(1, 1, "\(error)")])
        }
        guard let root else { throw TopologyError([problem(1, 1, "the file is empty")]) }
        var budget = maxNodeCount
        return try convert(root, depth: 0, &budget)
    }

    private static func convert(_ node: Node, depth: Int, _ budget: inout Int) throws(TopologyError) -> TopologyNode {
        let position = TopologyPosition(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        budget -= 1
        guard budget > 0 else {
            throw TopologyError([TopologyProblem(position, "the file has more than \(maxNodeCount) values")])
        }
        guard depth <= maxDepth else {
            throw TopologyError([TopologyProblem(position, "nested deeper than \(maxDepth) levels")])
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            return TopologyNode(.scalar(scalar.string, isPlain: isPlain), at: position)
        case .sequence(let sequence):
            var items: [TopologyNode] = []
            for item in sequence { items.append(try convert(item, depth: depth + 1, &budget)) }
            return TopologyNode(.sequence(items), at: position)
        case .mapping(let mapping):
            var entries: [TopologyNode.Entry] = []
            for (key, value) in mapping {
                let place = TopologyPosition(line: key.mark?.line ?? 1, column: key.mark?.column ?? 1)
                guard case .scalar(let name) = key else {
                    throw TopologyError([TopologyProblem(place, "a key must be a word")])
                }
                entries.append(
                    TopologyNode.Entry(
                        key: name.string, position: place, value: try convert(value, depth: depth + 1, &budget)))
            }
            return TopologyNode(.mapping(entries), at: position)
        case .alias(let alias):
            throw TopologyError([TopologyProblem(position, "the alias *\(alias.anchor.rawValue) has no anchor")])
        }
    }

    private static func problem(_ line: Int, _ column: Int, _ reason: String) -> TopologyProblem {
        TopologyProblem(TopologyPosition(line: line, column: column), reason)
    }

    private static func problem(of error: YamlError) -> TopologyProblem {
        switch error {
        case .scanner(_, let text, let mark, _), .parser(_, let text, let mark, _), .composer(_, let text, let mark, _):
            return problem(mark.line, mark.column, text)
        case .reader(let text, _, _, _): return problem(1, 1, text)
        case .duplicatedKeysInMapping(let names, let context):
            let listed = names.sorted().joined(separator: ", ")
            return problem(context.mark.line, context.mark.column, "given twice: \(listed)")
        default: return problem(1, 1, "\(error)")
        }
    }
}
