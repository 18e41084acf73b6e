import Foundation
import Testing

/// The recorded messages of `Tests/Vectors/rpc`.
struct RPCVector: CustomTestStringConvertible, Sendable {
    var file: String
    var name: String
    var direction: String
    var bytes: [UInt8]
    /// `decoded` as it was recorded.
    var isRPC: Bool

    var testDescription: String { "\(name) \(direction)" }

    /// Every row of every file, files by name.
    static let all: [RPCVector] = load()
    /// Header and body of one method.
    static let messages = all.filter(\.isRPC)

    static func rows(_ file: String) -> [RPCVector] { all.filter { $0.file == file } }

    private static func load() -> [RPCVector] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Vectors/rpc")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        var vectors: [RPCVector] = []
        for name in names.sorted() where name.hasSuffix(".json") {
            guard let data = try? Data(contentsOf: folder.appendingPathComponent(name)),
                let rows = try? JSONSerialization.jsonObject(with: data) as? [[String: Any]]
            else { continue }
            for row in rows {
                guard let hex = row["hex"] as? String, let bytes = bytes(hex: hex) else { continue }
                let decoded = row["decoded"] as? [String: Any]
                vectors.append(
                    RPCVector(
                        file: name, name: row["name"] as? String ?? "", direction: row["direction"] as? String ?? "",
                        bytes: bytes, isRPC: decoded?["header"] != nil))
            }
        }
        return vectors
    }

    static func bytes(hex: String) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }
}
