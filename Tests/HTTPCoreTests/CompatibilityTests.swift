import Foundation
import HTTPCore
import Testing

@Suite("What Docs/Compatibility.md says of the API")
struct CompatibilityTests {
    /// Rows of its tables that begin with a path in code and methods.
    private static func documented() throws -> [String: [String]] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(
            contentsOf: root.appendingPathComponent("Docs/Compatibility.md"), encoding: .utf8)
        var rows: [String: [String]] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("| `/") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            let path = cells[0].trimmingCharacters(in: ["`"])
            #expect(rows[path] == nil, "\(path) is told twice")
            #expect(cells.count == 3, "\(path) says nothing of whether it is there")
            rows[path] = cells[1].components(separatedBy: ", ")
        }
        return rows
    }

    @Test("Every path of the router is in it, with its methods, and nothing else") func paths() throws {
        let documented = try Self.documented()
        let known = HTTPRouter.endpoints
        for (path, methods) in known { #expect(documented[path] == methods, "\(path)") }
        let paths = Set(known.map(\.path))
        for path in documented.keys.sorted() { #expect(paths.contains(path), "\(path) is not served") }
    }
}
