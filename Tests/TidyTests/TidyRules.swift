/// The parts of the house style that a program can check (`style.md` §1, in short in `Docs/Architecture.md`).
enum TidyRules {
    struct Finding: Equatable, CustomStringConvertible {
        var path: String
        var line: Int
        var problem: String
        var description: String { "\(path):\(line): \(problem)" }
    }

    /// Modules from the ground up: each may import those before it.
    static let modules: [(layer: String, names: [String])] = [
        ("Model", ["FederationModel", "Determinism", "Configuration"]),
        (
            "Cores",
            [
                "WireFormat", "RadixTree", "RaftCore", "StorageFormat", "GossipCore", "SerfCore", "FilterCore",
                "CatalogCore", "RoutingCore", "RPCCore", "HealthCore", "HTTPCore", "DNSCore", "TopologyCore",
                "ServerCore", "AgentCore",
            ]
        ),
        (
            "Shells",
            [
                "Telemetry", "CZlib", "Gzip", "NIOTransport", "GossipCrypto", "FileStorage", "CNamespaces", "CCurl",
                "CurlProbes", "CRE2", "Patterns", "YAMLReader", "ClientHTTP", "ConfigurationFiles",
            ]
        ),
        ("Agent", ["Agent", "TopologyRunner"]),
        ("Sim", ["Simulation"]),
        ("Tools", ["CommandSupport", "Fuzzing", "isthmus", "mutants"]),
    ]

    /// Layers in which every run must be repeatable.
    static let pureLayers: Set<String> = ["Model", "Cores", "Sim"]

    /// Imported by pure layers beside our own: values only.
    static let pureImports: Set<String> = [
        "Swift", "Collections", "DequeModule", "OrderedCollections", "HashTreeCollections", "HeapModule",
        "BitCollections",
    ]

    /// Files with one import more: a flag by which readers on other threads tell a core that they read; turns of
    /// simulated agents that helpers take.
    static let pureExceptions = [
        "Sources/Cores/ServerCore/ReadView.swift": "Synchronization",
        "Sources/Sim/Simulation/TurnsAhead.swift": "Synchronization",
    ]

    /// Never in a pure layer. Matched at the start of a word.
    static let bannedInPure = [
        "Date(", "Task {", "Task.", "DispatchQueue", "Foundation", "Glibc", "SystemRandomNumberGenerator",
        "ContinuousClock", "SuspendingClock", "fatalError(", "try!", "unowned(unsafe)",
    ]

    /// Draws that must name their generator.
    static let draws = [".random(", ".shuffled(", ".shuffle(", ".randomElement("]

    static let maxColumns = 120

    static func rank(_ module: String) -> Int? { modules.flatMap(\.names).firstIndex(of: module) }

    private static func layer(_ module: String) -> String? { modules.first { $0.names.contains(module) }?.layer }

    /// - Parameters:
    ///   - path: relative to the package, `Sources/Cores/RaftCore/RaftNode.swift`.
    static func check(path: String, source: String) -> [Finding] {
        var findings = checkText(path: path, source: source)
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count >= 4, parts[0] == "Sources" else {
            if parts.first == "Sources" {
                findings.append(Finding(path: path, line: 1, problem: "sources lie in Sources/<Layer>/<Module>"))
            }
            return findings
        }
        let scrubbed = ScrubbedSource(source)
        findings += checkImports(path: path, layer: parts[1], module: parts[2], lines: scrubbed.lines)
        if pureLayers.contains(parts[1]) { findings += checkPurity(path: path, scrubbed) }
        return findings
    }

    /// Holds for every Swift file, tests included.
    private static func checkText(path: String, source: String) -> [Finding] {
        var findings: [Finding] = []
        for (position, line) in source.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            func add(_ problem: String) { findings.append(Finding(path: path, line: position + 1, problem: problem)) }
            if line.count > maxColumns { add("\(line.count) columns, at most \(maxColumns)") }
            if line.contains("\t") { add("a tab") }
            if line.last == " " { add("a space at the end") }
            for word in ["TO" + "DO", "FIX" + "ME"] where line.contains(word) { add(word) }
        }
        return findings
    }

    private static func checkImports(path: String, layer: String, module: String, lines: [Substring]) -> [Finding] {
        var findings: [Finding] = []
        guard let own = rank(module), Self.layer(module) == layer else {
            return [Finding(path: path, line: 1, problem: "\(layer)/\(module) is not in the table of modules")]
        }
        for (position, line) in lines.enumerated() {
            guard let imported = importedModule(line), imported != module else { continue }
            func add(_ problem: String) { findings.append(Finding(path: path, line: position + 1, problem: problem)) }
            if let other = rank(imported) {
                if other > own { add("\(module) imports \(imported), which stands below it") }
                if layer == "Sim", !["Model", "Cores"].contains(Self.layer(imported)) {
                    add("\(module) imports \(imported): Model and Cores only")
                }
            } else if pureLayers.contains(layer), !pureImports.contains(imported), pureExceptions[path] != imported {
                add("\(module) imports \(imported): the standard library and collections only")
            }
        }
        return findings
    }

    private static func importedModule(_ line: Substring) -> String? {
        var words = line.split(whereSeparator: { $0 == " " })
        while let first = words.first, first.hasPrefix("@") || isAccessLevel(first) { words.removeFirst() }
        guard words.first == "import", words.count > 1 else { return nil }
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
        return name.split(separator: ".").first.map(String.init)
    }

    private static func isAccessLevel(_ word: Substring) -> Bool {
        ["public", "package", "internal", "fileprivate", "private"].contains(word)
    }

    private static func checkPurity(path: String, _ source: ScrubbedSource) -> [Finding] {
        var findings: [Finding] = []
        for (position, line) in source.lines.enumerated() {
            for word in bannedInPure where contains(line, word) {
                findings.append(Finding(path: path, line: position + 1, problem: "\(word) in a core"))
            }
        }
        for draw in draws {
            for (line, arguments) in calls(of: draw, in: source.text) where !arguments.contains("using:") {
                findings.append(Finding(path: path, line: line, problem: "\(draw)…) without using:"))
            }
        }
        return findings
    }

    /// At the start of a word: `Date(` is not in `isUpToDate(`.
    private static func contains(_ line: Substring, _ word: String) -> Bool {
        line.ranges(of: word).contains { range in
            guard range.lowerBound > line.startIndex else { return true }
            let before = line[line.index(before: range.lowerBound)]
            return !(before.isLetter || before.isNumber || before == "_")
        }
    }

    /// Line and arguments of each call, up to its closing parenthesis.
    private static func calls(of name: String, in text: String) -> [(line: Int, arguments: Substring)] {
        text.ranges(of: name).map { range in
            var depth = 1
            let rest = text[range.upperBound...]
            let end = rest.firstIndex { character in
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
                return depth == 0
            }
            let line = text[..<range.lowerBound].utf8.reduce(1) { $1 == 10 ? $0 + 1 : $0 }
            return (line, rest[..<(end ?? rest.endIndex)])
        }
    }
}
