import Foundation
import Testing
import TopologyCore
import YAMLReader

/// Each file of `Tests/Topologies/wrong` begins with its problems, one comment a line, as `lint` prints them.
struct WrongFileTests {
    private static func problems(_ text: String) -> [String] {
        do throws(TopologyError) {
            return TopologyCheck.problems(in: try YAMLText.read(text)).map(\.description)
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test("Every wrong file is found: all its problems, nothing else, in order", arguments: Repository.wrong)
    func wrong(file: URL) throws {
        let text = try String(contentsOf: file, encoding: .utf8)
        let expected = text.split(separator: "\n").prefix { $0.hasPrefix("# ") }.map { String($0.dropFirst(2)) }
        #expect(!expected.isEmpty)
        #expect(Self.problems(text) == expected)
    }

    @Test("There are at least thirty")
    func count() { #expect(Repository.wrong.count >= 30) }

    @Test("Only warnings are no reason to refuse a run")
    func warnings() throws {
        let text = "name: t\ndatacenters: {a: {servers: 2}}\n"
        let problems = TopologyCheck.problems(of: try TopologyReader.read(try YAMLText.read(text)))
        #expect(problems.map(\.isWarning) == [true])
    }
}
