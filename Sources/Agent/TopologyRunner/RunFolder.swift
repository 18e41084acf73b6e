import FoundationEssentials
import Glibc
import TopologyCore

/// Where one run keeps configurations, data and logs.
struct RunFolder {
    let path: String

    /// The first free `<parent>/<name>-<n>`.
    init(parent: String, name: String) throws {
        let manager = FileManager.default
        try manager.createDirectory(atPath: parent, withIntermediateDirectories: true)
        let root = URL(fileURLWithPath: parent).standardizedFileURL.path
        var number = 1
        while true {
            let candidate = "\(root)/\(name)-\(number)"
            if mkdir(candidate, 0o755) == 0 {
                path = candidate
                return
            }
            guard errno == EEXIST, number < 100_000 else {
                throw FederationReason("\(candidate): \(String(cString: strerror(errno)))")
            }
            number += 1
        }
    }

    func log(of name: String) -> String { "\(path)/\(name).log" }
    func configuration(of name: String) -> String { "\(path)/\(name).json" }
    var data: String { "\(path)/data" }

    func write(_ text: String, to file: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: file)) }

    func removeData() { try? FileManager.default.removeItem(atPath: data) }

    /// An agent's disk as new; the folder itself stays, as a file system may be mounted there.
    func emptyData(of name: String) throws(TopologyRun.Failure) {
        let path = "\(data)/\(name)"
        guard FileManager.default.fileExists(atPath: path) else { return }
        do {
            for entry in try FileManager.default.contentsOfDirectory(atPath: path) {
                try FileManager.default.removeItem(atPath: "\(path)/\(entry)")
            }
        } catch {
            throw .step("\(path) cannot be emptied: \(error)", names: [])
        }
    }

    /// The lines of a log a person wants to see first: the last warnings and errors, then the very last lines.
    func telling(_ name: String) -> [String] {
        guard let data = FileManager.default.contents(atPath: log(of: name)) else { return [] }
        let text = String(decoding: data.suffix(256 << 10), as: UTF8.self)
        let lines = text.split(separator: "\n").suffix(1000).enumerated().map {
            (number: $0.offset, text: String($0.element))
        }
        let words = ["warn", "error", "[err", "panic", "fatal", "refused", "failed"]
        let notable = lines.filter { line in
            let lower = line.text.lowercased()
            return words.contains { lower.contains($0) }
        }
        let chosen = Set(notable.suffix(8).map(\.number) + lines.suffix(6).map(\.number))
        return lines.filter { chosen.contains($0.number) }.map(\.text)
    }
}
