import Foundation

/// A recorded datagram or one-way stream.
package struct Vector: CustomStringConvertible, Sendable {
    package let name: String
    package let isDatagram: Bool
    /// The writer opens compressed data with a clear code.
    package let isNewDialect: Bool
    package let bytes: [UInt8]
    /// What the envelope holds, when there is one.
    package let plain: [UInt8]?
    /// Label of the envelope's associated data.
    package let label: [UInt8]
    /// Of the envelope, when there is one.
    package let key: [UInt8]
    /// Bodies of all messages in order, as (kind, canonical JSON).
    package let bodies: [Body]

    package struct Body: Sendable {
        package let kind: String
        package let numbers: [String: Int]
        package let texts: [String: String]
    }

    package var description: String { name }

    package static let all: [Vector] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Vectors/gossip")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.sorted() ?? []
        return names.filter { $0 != "index.json" && $0.hasSuffix(".json") }.compactMap { name in
            (try? Data(contentsOf: folder.appendingPathComponent(name))).flatMap(Vector.init)
        }
    }()

    private init?(_ data: Data) {
        guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            let name = object["name"] as? String, let hex = object["hex"] as? String,
            let decoded = object["decoded"] as? [String: Any]
        else { return nil }
        self.name = name
        isDatagram = object["transport"] as? String == "udp"
        isNewDialect = !((object["source"] as? String)?.contains("without leading clear code") ?? false)
        bytes = Self.bytes(hex)
        var found = Self.bytes(object["key_hex"] as? String ?? "")
        var plain: [UInt8]?
        var label: [UInt8] = []
        var bodies: [Body] = []
        Self.walk(decoded, &plain, &label, &found, &bodies)
        key = found
        self.plain = plain
        self.label = label
        self.bodies = bodies
    }

    package static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
        }
    }

    private static func walk(
        _ node: [String: Any], _ plain: inout [UInt8]?, _ label: inout [UInt8], _ secret: inout [UInt8],
        _ bodies: inout [Body]
    ) {
        if node["nonce_hex"] != nil, let hex = node["plain_hex"] as? String { plain = bytes(hex) }
        if let hex = node["key_hex"] as? String { secret = bytes(hex) }
        if let text = node["label"] as? String { label = Array(text.utf8) }
        if let kind = node["kind"] as? String, let body = node["body"] as? [String: Any] {
            bodies.append(
                Body(
                    kind: kind, numbers: body.compactMapValues { ($0 as? NSNumber)?.intValue },
                    texts: body.compactMapValues { $0 as? String }))
        }
        for key in ["inner", "parts", "messages"] {
            if let inner = node[key] as? [String: Any] { walk(inner, &plain, &label, &secret, &bodies) }
            for part in node[key] as? [[String: Any]] ?? [] { walk(part, &plain, &label, &secret, &bodies) }
        }
    }

    /// Without label header and envelope.
    package var unwrapped: [UInt8] { plain ?? Array(bytes.dropFirst(label.isEmpty ? 0 : 2 + label.count)) }
}
