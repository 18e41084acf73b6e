import Configuration
import Determinism

extension Topology {
    /// A value that differs from seed to seed; `$name` in any value of the file stands for it.
    package struct Parameter: Equatable, Sendable {
        package enum Values: Equatable, Sendable {
            case integers(ClosedRange<Int>)
            case durations(ClosedRange<Duration>)
            /// Parts of a million.
            case percentages(ClosedRange<Int>)
            case oneOf([String])
        }

        package var name: String
        package var values: Values
        /// As it is put in the file's text.
        package var value: String
        package var position: TopologyPosition

        /// Each parameter draws from a generator of its own, so that adding one leaves the others as they were.
        mutating func draw(_ draw: ParameterDraw) {
            switch (draw, values) {
            case (.seed(let seed), _):
                // FNV-1a of the name.
                let hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
                var random = SeededRandom(seed: seed &+ hash)
                value = drawn(using: &random)
            case (.lowest, .integers(let range)): value = String(range.lowerBound)
            case (.lowest, .durations(let range)): value = DurationText.text(range.lowerBound)
            case (.lowest, .percentages(let range)): value = PercentText.text(millionths: range.lowerBound)
            case (.highest, .integers(let range)): value = String(range.upperBound)
            case (.highest, .durations(let range)): value = DurationText.text(range.upperBound)
            case (.highest, .percentages(let range)): value = PercentText.text(millionths: range.upperBound)
            case (.lowest, .oneOf(let choices)): value = choices.first ?? ""
            case (.highest, .oneOf(let choices)): value = choices.last ?? ""
            }
        }

        private func drawn(using random: inout SeededRandom) -> String {
            switch values {
            case .integers(let range): return String(Int.random(in: range, using: &random))
            case .percentages(let range):
                return PercentText.text(millionths: Int.random(in: range, using: &random))
            case .durations(let range):
                // In the grain in which the ends are written, so that people can read what was drawn.
                let (low, high) = (range.lowerBound.wholeNanoseconds, range.upperBound.wholeNanoseconds)
                let grain = [1_000_000, 1000, 1].first { low.isMultiple(of: $0) && high.isMultiple(of: $0) } ?? 1
                return DurationText.text(
                    .nanoseconds(Int64.random(in: low / grain...high / grain, using: &random) * grain))
            case .oneOf(let choices): return choices.randomElement(using: &random) ?? ""
            }
        }
    }

    /// The same file with its parameters drawn from a seed, every check repeated with those values.
    /// - Throws: what is wrong with the values drawn.
    package func drawn(seed: UInt64) throws(TopologyError) -> Topology {
        guard let source, !parameters.isEmpty else {
            var topology = self
            topology.seed = seed
            return topology
        }
        var topology = try TopologyReader.read(source, parameters: .seed(seed))
        topology.seed = seed
        return topology
    }
}

/// Which values parameters take.
package enum ParameterDraw: Equatable, Sendable {
    case seed(UInt64)
    /// The first of choices.
    case lowest
    /// The last of choices.
    case highest
}

/// `2%`, `0.1%`: whole parts of a million inside.
enum PercentText {
    /// - Returns: nil unless it is a number with at most four digits behind the point and `%`.
    static func millionths(_ text: String) -> Int? {
        guard text.hasSuffix("%"), text.utf8.count <= 12 else { return nil }
        let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first, isDigits(first), let whole = Int(first) else { return nil }
        guard parts.count == 2 else { return whole * 10_000 }
        let fraction = parts[1]
        guard isDigits(fraction), fraction.utf8.count <= 4, let value = Int(fraction) else { return nil }
        let scale = [10_000, 1000, 100, 10, 1][fraction.utf8.count]
        return whole * 10_000 + value * scale
    }

    static func text(millionths: Int) -> String {
        var digits = String(10_000 + millionths % 10_000).dropFirst()
        while digits.hasSuffix("0") { digits = digits.dropLast() }
        return "\(millionths / 10_000)\(digits.isEmpty ? "" : ".\(digits)")%"
    }

    /// - Parameter part: 0...1.
    static func text(_ part: Double) -> String { text(millionths: Int((part * 1_000_000).rounded())) }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }
}

/// Puts values in the place of `$name` and `${name}` in a file's scalars; `$$` is a dollar.
struct ParameterSubstitution {
    let values: [String: String]
    private(set) var problems: [TopologyProblem] = []
    private(set) var used: Set<String> = []

    init(_ parameters: [Topology.Parameter]) {
        values = Dictionary(parameters.map { ($0.name, $0.value) }) { first, _ in first }
    }

    /// Keys stay as they are.
    mutating func apply(to node: TopologyNode) -> TopologyNode {
        switch node.kind {
        case .scalar(let text, let isPlain):
            guard text.utf8.contains(UInt8(ascii: "$")) else { return node }
            return TopologyNode(.scalar(replaced(text, node.position), isPlain: isPlain), at: node.position)
        case .sequence(let items):
            return TopologyNode(.sequence(items.map { apply(to: $0) }), at: node.position)
        case .mapping(let entries):
            let entries = entries.map {
                TopologyNode.Entry(key: $0.key, position: $0.position, value: apply(to: $0.value))
            }
            return TopologyNode(.mapping(entries), at: node.position)
        }
    }

    private mutating func replaced(_ text: String, _ position: TopologyPosition) -> String {
        var (result, rest) = ("", Substring(text))
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                result += "$"
                rest = rest.dropFirst()
                continue
            }
            let isBraced = rest.first == "{"
            let body = isBraced ? rest.dropFirst() : rest
            let name = body.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
            guard let first = name.first, first.isLetter, !isBraced || body.dropFirst(name.count).first == "}" else {
                result += "$"
                continue
            }
            rest = body.dropFirst(name.count + (isBraced ? 1 : 0))
            if let value = values[String(name)] {
                used.insert(String(name))
                result += value
            } else {
                let hint = NearestName.hint(String(name), among: values.keys.sorted())
                problems.append(TopologyProblem(position, "no parameter is named \"\(name)\"\(hint); a dollar is $$"))
            }
        }
        return result + rest
    }
}
