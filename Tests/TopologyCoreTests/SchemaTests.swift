import Configuration
import Foundation
import Testing
import YAMLReader

@testable import TopologyCore

/// The schema that editors use says what the reader reads.
struct SchemaTests {
    private static func tree(_ path: URL) throws -> TopologyNode {
        try YAMLText.read(try String(contentsOf: path, encoding: .utf8))
    }

    /// JSON is YAML too.
    private static let schema: Result<ConfigurationValue, any Error> = Result {
        ConfigurationValue(try tree(Repository.root.appendingPathComponent("Docs/topology.schema.json")))
    }

    @Test("Every file of Topologies fits the schema", arguments: Repository.topologies)
    func library(file: URL) throws {
        let checker = SchemaChecker(root: try Self.schema.get())
        #expect(checker.complaint(ConfigurationValue(try Self.tree(file))) == nil)
    }

    @Test(
        "What is wrong in its form does not",
        arguments: [
            "unknown-key", "wrong-units", "misspelt-words", "schedule-two-times", "within-always", "behaviour",
            "a-list",
            "gossip-key", "link-sets-nothing", "disk-of-a-client",
        ])
    func wrong(name: String) throws {
        let checker = SchemaChecker(root: try Self.schema.get())
        let file = try #require(Repository.wrong.first { $0.deletingPathExtension().lastPathComponent == name })
        #expect(checker.complaint(ConfigurationValue(try Self.tree(file))) != nil)
    }

    @Test("The schema and the reader know the same keys of the same mappings")
    func keys() throws {
        var read: [String: Set<String>] = [:]
        let roots = (Repository.topologies + Repository.wrong).compactMap { try? Self.tree($0) }
        for root in roots + [try YAMLText.read(Self.everything)] {
            for (what, keys) in TopologyReader.knownKeys(reading: root) { read[what, default: []].formUnion(keys) }
        }
        var known: [String: Set<String>] = [:]
        Self.collect(try Self.schema.get(), into: &known)
        #expect(read.keys.sorted() == known.keys.sorted())
        for (what, keys) in read { #expect(known[what]?.sorted() == keys.sorted(), "\(what)") }
        for name in TopologyReader.processActions + TopologyReader.requestActions + TopologyReader.faultActions {
            #expect(known["action \(name)"] != nil, "\(name)")
        }
        for name in TopologyReader.expectationNames { #expect(known["expectation \(name)"] != nil, "\(name)") }
    }

    /// Every action and every expectation of a run once; their values do not matter.
    private static let everything: String = {
        let actions = TopologyReader.processActions + TopologyReader.requestActions + TopologyReader.faultActions
        let done = actions.map { "{\($0): all}" }.joined(separator: ", ")
        let expected = TopologyReader.expectationNames.map { "{at: 1s, \($0): all}" }.joined(separator: ", ")
        return "name: t\ndatacenters: {a: {servers: 1}}\nsteps: [{name: x, do: [\(done)]}]\nexpect: [\(expected)]\n"
    }()

    /// The properties of every titled object.
    private static func collect(_ value: ConfigurationValue, into known: inout [String: Set<String>]) {
        switch value {
        case .object(let entries):
            if case .string(let title)? = value["title"], case .object(let properties)? = value["properties"] {
                known[title, default: []].formUnion(properties.map(\.key))
            }
            for entry in entries { collect(entry.value, into: &known) }
        case .array(let items): for item in items { collect(item, into: &known) }
        default: break
        }
    }
}

/// As much of JSON Schema (draft 7) as the schema of topologies uses; another word of it is a complaint.
struct SchemaChecker {
    let root: ConfigurationValue

    /// - Returns: what does not fit, nil when all does.
    func complaint(_ value: ConfigurationValue) -> String? { complaint(value, root, "") }

    private func complaint(_ value: ConfigurationValue, _ schema: ConfigurationValue, _ place: String) -> String? {
        guard case .object(let words) = schema else { return "\(place): no schema" }
        for word in words {
            if let text = complaint(value, word.key, word.value, schema, place) { return text }
        }
        return nil
    }

    private func complaint(
        _ value: ConfigurationValue, _ word: String, _ rule: ConfigurationValue, _ schema: ConfigurationValue,
        _ place: String
    ) -> String? {
        switch (word, rule) {
        case ("$schema", _), ("description", _), ("title", _), ("definitions", _): return nil
        case ("$ref", .string(let path)):
            var target: ConfigurationValue? = root
            for part in path.split(separator: "/").dropFirst() { target = target?[String(part)] }
            guard let target else { return "\(place): no \(path)" }
            return complaint(value, target, place)
        case ("type", .string(let name)): return fits(value, name) ? nil : "\(place): no \(name)"
        case ("type", .array(let names)):
            return names.contains { fits(value, $0.word) } ? nil : "\(place): none of the types"
        case ("enum", .array(let values)): return values.contains(value) ? nil : "\(place): none of the values"
        case ("const", let constant): return value == constant ? nil : "\(place): not the value"
        case ("pattern", .string(let pattern)):
            guard case .string(let text) = value else { return nil }
            return text.range(of: pattern, options: .regularExpression) != nil
                ? nil : "\(place): \(text) does not match"
        case ("minimum", .integer(let least)):
            if case .integer(let number) = value, number < least { return "\(place): too small" }
            return nil
        case ("maximum", .integer(let most)):
            if case .integer(let number) = value, number > most { return "\(place): too large" }
            return nil
        case ("minItems", .integer(let least)):
            if case .array(let items) = value, items.count < least { return "\(place): too few" }
            return nil
        case ("minProperties", .integer(let least)):
            if case .object(let entries) = value, entries.count < least { return "\(place): too few" }
            return nil
        case ("items", _):
            guard case .array(let items) = value else { return nil }
            for (index, item) in items.enumerated() {
                if let text = complaint(item, rule, "\(place)[\(index)]") { return text }
            }
            return nil
        case ("required", .array(let keys)):
            guard case .object = value else { return nil }
            return keys.first { value[$0.word] == nil }.map { "\(place): \($0.word) is missing" }
        case ("properties", _):
            guard case .object(let entries) = value else { return nil }
            for entry in entries {
                guard let rule = rule[entry.key] else { continue }
                if let text = complaint(entry.value, rule, "\(place).\(entry.key)") { return text }
            }
            return nil
        case ("additionalProperties", _):
            guard case .object(let entries) = value else { return nil }
            for entry in entries where schema["properties"]?[entry.key] == nil {
                if rule == .bool(false) { return "\(place): \(entry.key) is unknown" }
                if let text = complaint(entry.value, rule, "\(place).\(entry.key)") { return text }
            }
            return nil
        case ("allOf", .array(let rules)): return rules.lazy.compactMap { complaint(value, $0, place) }.first
        case ("anyOf", .array(let rules)):
            return rules.contains { complaint(value, $0, place) == nil } ? nil : "\(place): fits none"
        case ("oneOf", .array(let rules)):
            let count = rules.count { complaint(value, $0, place) == nil }
            return count == 1 ? nil : "\(place): fits \(count) instead of one"
        case ("not", _): return complaint(value, rule, place) == nil ? "\(place): must not fit" : nil
        default: return "\(place): \(word) is not looked at"
        }
    }

    private func fits(_ value: ConfigurationValue, _ type: String) -> Bool {
        switch (value, type) {
        case (.object, "object"), (.array, "array"), (.string, "string"), (.integer, "integer"), (.integer, "number"),
            (.number, "number"), (.bool, "boolean"):
            true
        default: false
        }
    }
}

extension ConfigurationValue {
    fileprivate var word: String { if case .string(let text) = self { text } else { "" } }
}
