import Foundation

/// Files of a test's folder.
enum Files {
    static func bytes(_ path: String) -> [UInt8] { FileManager.default.contents(atPath: path).map(Array.init) ?? [] }
    static func text(_ path: String) -> String { String(decoding: bytes(path), as: UTF8.self) }
    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
    static func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    /// Every file below a folder with its content: equal before and after a start that changed nothing.
    static func tree(_ path: String) -> [String: Data] {
        var found: [String: Data] = [:]
        for name in FileManager.default.enumerator(atPath: path)?.allObjects as? [String] ?? [] {
            found[name] = FileManager.default.contents(atPath: "\(path)/\(name)") ?? Data()
        }
        return found
    }

    /// The only log segment of a data directory.
    static func segment(_ data: String) throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(data)/raft").filter { $0.hasSuffix(".seg") }
        guard names.count == 1, let name = names.first else { throw Failure("segments: \(names)") }
        return "\(data)/raft/\(name)"
    }
}
