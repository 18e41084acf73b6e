/// The command line of `agent`, read by Go's rules: one dash or two, `-flag=value` or `-flag value`, a boolean alone or
/// with `=`, the same flag any number of times. Reading files is the caller's.
package struct AgentFlags: Equatable, Sendable {
    /// `-config-file` and `-config-dir`, in the order given.
    package enum Source: Equatable, Sendable {
        case file(String)
        case directory(String)
    }

    package struct Given: Equatable, Sendable {
        /// Index in `AgentConfiguration.options`.
        package var option: Int
        package var value: ConfigurationValue
    }

    package var isDevelopment = false
    package var wantsHelp = false
    package var sources: [Source] = []
    /// `-hcl`: texts, JSON for now.
    package var texts: [String] = []
    package var given: [Given] = []
    package var problems: [ConfigurationProblem] = []

    /// Flags that are no options of the configuration.
    private static let special: [(name: String, takesValue: Bool, summary: String)] = [
        ("config-dir", true, "every .json file of a directory, in order of their names; may be repeated"),
        ("config-file", true, "a JSON file; may be repeated"),
        ("config-format", true, "json, the only one"),
        ("dev", false, "a lone server on loopback that keeps nothing"),
        ("hcl", true, "configuration as text, JSON for now; may be repeated"),
        ("help", false, "show this"),
    ]

    private static let byFlag = Dictionary(
        AgentConfiguration.options.enumerated().filter { !$0.element.flag.isEmpty }.map {
            ($0.element.flag, $0.offset)
        },
        uniquingKeysWith: { first, _ in first })

    private static let names = (byFlag.keys + special.map(\.name)).sorted()

    /// - Parameter arguments: what follows `agent`.
    package init(_ arguments: [String]) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("-"), argument != "-", argument != "--" else {
                note(argument, "is not a flag; agent takes nothing else")
                continue
            }
            let body = argument.drop { $0 == "-" }
            let name = String(body.prefix { $0 != "=" })
            let attached = body.count == name.count ? nil : String(body.dropFirst(name.count + 1))
            guard argument.utf8.count - body.utf8.count <= 2 else {
                note(argument, "has more than two dashes")
                continue
            }
            if let special = Self.special.first(where: { $0.name == name || name == "h" && $0.name == "help" }) {
                readSpecial(special.name, takesValue: special.takesValue, attached, &rest)
            } else if let index = Self.byFlag[name] {
                readOption(index, attached, &rest)
            } else {
                let hint = NearestName.hint(name, among: Self.names, after: problems.count)
                note("-\(name)", "unknown flag\(hint)")
            }
        }
    }

    private mutating func readSpecial(
        _ name: String, takesValue: Bool, _ attached: String?, _ rest: inout ArraySlice<String>
    ) {
        guard takesValue else {
            let isOn = attached.map { ["1", "t", "true"].contains($0.lowercased()) } ?? true
            if name == "dev" { isDevelopment = isOn } else { wantsHelp = isOn }
            return
        }
        guard let value = attached ?? rest.popFirst() else {
            note("-\(name)", "needs a value")
            return
        }
        switch name {
        case "config-file": sources.append(.file(value))
        case "config-dir": sources.append(.directory(value))
        case "hcl": texts.append(value)
        default: if value != "json" { note("-\(name)", "\"\(value)\" is not json, the only one there is") }
        }
    }

    private mutating func readOption(_ index: Int, _ attached: String?, _ rest: inout ArraySlice<String>) {
        let option = AgentConfiguration.options[index]
        let text: String
        if option.kind == .boolean {
            text = attached ?? "true"
        } else if let value = attached ?? rest.popFirst() {
            text = value
        } else {
            note("-\(option.flag)", "needs a value")
            return
        }
        guard let value = option.value(ofFlagText: text) else {
            note(
                "-\(option.flag)", "\"\(text)\" is no \(option.kind == .map ? "key:value pair" : option.kind.rawValue)")
            return
        }
        given.append(Given(option: index, value: value))
    }

    private mutating func note(_ flag: String, _ reason: String) {
        problems.append(ConfigurationProblem(file: ConfigurationBuilder.commandLine, key: flag, reason: reason))
    }

    /// Lays these flags and the files read for `sources` over each other.
    /// - Parameters:
    ///   - files: the trees of `sources`, in their order.
    ///   - texts: the trees of `texts`.
    package func builder(
        files: [(file: String, tree: ConfigurationValue)], texts: [ConfigurationValue]
    ) -> ConfigurationBuilder {
        var builder = ConfigurationBuilder()
        for problem in problems { builder.note(problem.file, problem.key, problem.reason) }
        if isDevelopment { builder.applyDevelopmentDefaults() }
        let isList = { (flag: Given) in AgentConfiguration.options[flag.option].kind == .list }
        for flag in given where isList(flag) {
            builder.apply(AgentConfiguration.options[flag.option], flagValue: flag.value)
        }
        for file in files { builder.apply(file.tree, from: file.file) }
        for flag in given where !isList(flag) {
            builder.apply(AgentConfiguration.options[flag.option], flagValue: flag.value)
        }
        for text in texts { builder.apply(text, from: "-hcl") }
        return builder
    }

    /// The flags with their types, defaults and meanings, one to a line.
    package static var help: String {
        var rows = special.map { (flag: $0.takesValue ? "-\($0.name)=<text>" : "-\($0.name)", text: $0.summary) }
        for option in AgentConfiguration.options where !option.flag.isEmpty {
            let standard = option.standard.isEmpty || option.kind == .boolean ? "" : " [\(option.standard)]"
            let value = option.kind == .boolean ? "" : "=<\(option.kind.rawValue)>"
            rows.append(("-\(option.flag)\(value)", option.summary + standard))
        }
        let width = rows.map(\.flag.count).max() ?? 0
        return rows.sorted { $0.flag < $1.flag }
            .map { "  \($0.flag)\(String(repeating: " ", count: width - $0.flag.count))  \($0.text)" }
            .joined(separator: "\n")
    }
}
