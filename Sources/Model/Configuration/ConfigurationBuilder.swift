/// Lays layers over each other in Consul's order and collects everything that is wrong with any of them.
///
/// The caller's order: list flags, files as given, other flags, `-hcl` texts. Scalars of later layers win, lists
/// append, maps merge.
package struct ConfigurationBuilder: Sendable {
    package private(set) var configuration: AgentConfiguration
    package private(set) var problems: [ConfigurationProblem] = []
    /// Keys that were given and that nothing acts on yet, in the order they came, each once.
    package private(set) var keysWithoutEffect: [String] = []
    /// Key → the layer that set it last: names the file of a broken relation.
    private var origins: [String: String] = [:]

    private static let byKey = Dictionary(
        AgentConfiguration.options.filter { !$0.key.isEmpty }.map { ($0.key, $0) },
        uniquingKeysWith: { first, _ in first })
    /// Objects that only group options, such as `ports`.
    private static let groups: Set<String> = Set(
        byKey.keys.flatMap { key in
            let parts = key.split(separator: ".")
            return (1..<max(1, parts.count)).map { parts[..<$0].joined(separator: ".") }
        })

    private static let names = (Array(byKey.keys) + Array(groups)).sorted()

    package init() { configuration = AgentConfiguration() }

    /// `-dev`: a lone server on loopback that keeps nothing.
    package mutating func applyDevelopmentDefaults() {
        configuration.isDevelopment = true
        configuration.isServer = true
        configuration.bootstrap = true
        configuration.bindAddress = "127.0.0.1"
        configuration.advertiseAddress = "127.0.0.1"
        configuration.logLevel = "debug"
        configuration.leaveOnTerminate = true
        configuration.skipLeaveOnInterrupt = true
    }

    /// One file, or the text of one `-hcl`.
    package mutating func apply(_ tree: ConfigurationValue, from file: String) {
        guard case .object(let entries) = tree else {
            note(file, "", "expected an object, found \(tree.typeName)")
            return
        }
        apply(entries, prefix: "", from: file)
    }

    private mutating func apply(_ entries: [ConfigurationValue.Entry], prefix: String, from file: String) {
        var seen: Set<String> = []
        for entry in entries {
            let key = prefix + entry.key
            guard seen.insert(entry.key).inserted else {
                note(file, key, "given twice")
                continue
            }
            if let option = Self.byKey[key] {
                apply(option, entry.value, from: file, shownAs: key)
            } else if Self.groups.contains(key) {
                guard case .object(let inner) = entry.value else {
                    note(file, key, "expected an object, found \(entry.value.typeName)")
                    continue
                }
                apply(inner, prefix: key + ".", from: file)
            } else {
                note(file, key, "unknown key\(NearestName.hint(key, among: Self.names, after: problems.count))")
            }
        }
    }

    /// One flag of the command line, already read as a value.
    package mutating func apply(_ option: ConfigurationOption, flagValue: ConfigurationValue) {
        apply(option, flagValue, from: Self.commandLine, shownAs: "-\(option.flag)")
    }

    package mutating func note(_ file: String, _ key: String, _ reason: String) {
        problems.append(ConfigurationProblem(file: file, key: key, reason: reason))
    }

    package static let commandLine = "command line"

    private mutating func apply(
        _ option: ConfigurationOption, _ value: ConfigurationValue, from file: String, shownAs shown: String
    ) {
        if let reason = option.apply(value, &configuration) {
            note(file, shown, reason)
            return
        }
        origins[option.key] = file
        if !option.hasEffect && !keysWithoutEffect.contains(shown) { keysWithoutEffect.append(shown) }
    }

    /// The configuration, once every layer is there.
    package func finished() throws(ConfigurationError) -> AgentConfiguration {
        var all = problems
        for var problem in configuration.problems() {
            problem.file = origins[problem.key] ?? ""
            all.append(problem)
        }
        guard all.isEmpty else { throw ConfigurationError(all) }
        return configuration
    }
}
