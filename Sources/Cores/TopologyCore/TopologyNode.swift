/// Where something stands in a topology file; both count from 1.
package struct TopologyPosition: Hashable, Sendable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

extension TopologyPosition: Comparable {
    package static func < (left: TopologyPosition, right: TopologyPosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A topology file as a tree, whatever its syntax was.
package struct TopologyNode: Equatable, Sendable {
    package indirect enum Kind: Equatable, Sendable {
        /// In the order of the file.
        case mapping([Entry])
        case sequence([TopologyNode])
        /// `isPlain` when it stood without quotes, so that `3` is a number and `"3"` is not.
        case scalar(String, isPlain: Bool)
    }

    package struct Entry: Equatable, Sendable {
        package var key: String
        package var position: TopologyPosition
        package var value: TopologyNode

        package init(key: String, position: TopologyPosition, value: TopologyNode) {
            self.key = key
            self.position = position
            self.value = value
        }
    }

    package var kind: Kind
    package var position: TopologyPosition

    package init(_ kind: Kind, at position: TopologyPosition) {
        self.kind = kind
        self.position = position
    }

    /// YAML's null: nothing, `~` or `null` without quotes.
    package var isNull: Bool {
        if case .scalar(let text, isPlain: true) = kind { ["", "~", "null"].contains(text) } else { false }
    }

    /// The first value of that key; nil for anything but a mapping that has it.
    subscript(key: String) -> TopologyNode? {
        guard case .mapping(let entries) = kind else { return nil }
        return entries.first { $0.key == key }?.value
    }

    package var typeName: String {
        switch kind {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar(let text, _): isNull ? "nothing" : "\"\(text)\""
        }
    }
}

/// One thing that is wrong in a topology file.
package struct TopologyProblem: Equatable, Sendable, CustomStringConvertible {
    package var position: TopologyPosition
    package var reason: String
    /// A warning does not keep a file from being run.
    package var isWarning: Bool

    package init(_ position: TopologyPosition, _ reason: String, isWarning: Bool = false) {
        self.position = position
        self.reason = reason
        self.isWarning = isWarning
    }

    package var description: String {
        "\(position.line):\(position.column): \(isWarning ? "warning: " : "")\(reason)"
    }
}

/// Everything that is wrong in one file, in the order of its lines.
package struct TopologyError: Error, Equatable, Sendable {
    package var problems: [TopologyProblem]

    /// Sorts them; problems of one place stay in the order in which they were found.
    package init(_ problems: [TopologyProblem]) {
        self.problems = problems.enumerated().sorted {
            ($0.element.position, $0.offset) < ($1.element.position, $1.offset)
        }.map(\.element)
    }
}
