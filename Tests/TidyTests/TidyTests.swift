import Foundation
import Testing

@Suite struct TidyTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift file of the package, by its path in it.
    private static func sources() throws -> [String: String] {
        let manifest = root.appendingPathComponent("Package.swift").path
        var sources = ["Package.swift": try String(contentsOfFile: manifest, encoding: .utf8)]
        for folder in ["Sources", "Tests"] {
            let base = root.appendingPathComponent(folder).path
            for name in try FileManager.default.subpathsOfDirectory(atPath: base) where name.hasSuffix(".swift") {
                sources["\(folder)/\(name)"] = try String(contentsOfFile: "\(base)/\(name)", encoding: .utf8)
            }
        }
        return sources
    }

    @Test func theSourcesFollowTheHouseStyle() throws {
        let sources = try Self.sources()
        #expect(sources.count > 20)
        let findings = sources.sorted { $0.key < $1.key }.flatMap { TidyRules.check(path: $0.key, source: $0.value) }
        let list = findings.map(\.description).joined(separator: "\n")
        #expect(findings.isEmpty, "\(list)")
    }

    struct Planted: Sendable, CustomTestStringConvertible {
        var path = "Sources/Cores/RaftCore/Planted.swift"
        var source: String
        var problem: String?
        var testDescription: String { source }
    }

    @Test("The checker finds planted violations, and nothing in their innocent neighbours",
        arguments: [
            Planted(source: "import ServerCore", problem: "RaftCore imports ServerCore, which stands below it"),
            Planted(
                source: "package import FileStorage", problem: "RaftCore imports FileStorage, which stands below it"),
            Planted(source: "@testable import struct FederationModel.Term", problem: nil),
            Planted(source: "internal import OrderedCollections", problem: nil),
            Planted(
                source: "import Dispatch",
                problem: "RaftCore imports Dispatch: the standard library and collections only"),
            Planted(
                source: "import Synchronization",
                problem: "RaftCore imports Synchronization: the standard library and collections only"),
            Planted(path: "Sources/Cores/ServerCore/ReadView.swift", source: "import Synchronization", problem: nil),
            Planted(path: "Sources/Shells/FileStorage/Planted.swift", source: "import Glibc", problem: nil),
            Planted(
                path: "Sources/Shells/FileStorage/Planted.swift", source: "import Agent",
                problem: "FileStorage imports Agent, which stands below it"),
            Planted(
                path: "Sources/Sim/Simulation/Planted.swift", source: "import FileStorage",
                problem: "Simulation imports FileStorage: Model and Cores only"),
            Planted(
                path: "Sources/Cores/Other/Planted.swift", source: "",
                problem: "Cores/Other is not in the table of modules"),
            Planted(path: "Sources/Planted.swift", source: "", problem: "sources lie in Sources/<Layer>/<Module>"),
            Planted(source: "let now = Date()", problem: "Date( in a core"),
            Planted(source: "let state = isUpToDate()", problem: nil),
            Planted(source: "// no Date() here", problem: nil),
            Planted(source: "/* outer /* Date() */ Date() */ let a = 1", problem: nil),
            Planted(source: #"let text = "a \(b(c)) Date() \" fatalError(""#, problem: nil),
            Planted(source: "let text = \"\"\"\n    Date() \"quoted\"\n    \"\"\"", problem: nil),
            Planted(source: #"let text = "//"; fatalError("x")"#, problem: "fatalError( in a core"),
            Planted(source: "Task { await run() }", problem: "Task { in a core"),
            Planted(source: "let clock = ContinuousClock()", problem: "ContinuousClock in a core"),
            Planted(source: "Int.random(in: 0..<(a + b))", problem: ".random(…) without using:"),
            Planted(source: "Int.random(\n    in: 0..<(a + b),\n    using: &random)", problem: nil),
            Planted(source: "names.shuffled()", problem: ".shuffled(…) without using:"),
            Planted(source: "names.randomElement(using: &random)", problem: nil),
            Planted(path: "Tests/X/Y.swift", source: "let now = Date()", problem: nil),
            Planted(path: "Tests/X/Y.swift", source: "\tlet a = 1", problem: "a tab"),
            Planted(path: "Tests/X/Y.swift", source: "let a = 1 ", problem: "a space at the end"),
            Planted(path: "Tests/X/Y.swift", source: "// TO" + "DO later", problem: "TO" + "DO"),
            Planted(
                path: "Tests/X/Y.swift", source: String(repeating: "x", count: 121),
                problem: "121 columns, at most 120"),
        ])
    func planted(_ planted: Planted) {
        let findings = TidyRules.check(path: planted.path, source: planted.source).map(\.problem)
        #expect(findings == (planted.problem.map { [$0] } ?? []))
    }
}
