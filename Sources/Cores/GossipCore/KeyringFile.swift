import WireFormat

/// The keyring file of Serf and Consul: a JSON array of base64 texts, primary first (`wire/serf-gossip.md` 1.6).
package enum KeyringFile {
    package static func encode(_ keys: [[UInt8]]) -> [UInt8] {
        // Base64 has no character that JSON escapes.
        Array(("[" + keys.map { "\"\(Base64.encode($0))\"" }.joined(separator: ",") + "]").utf8)
    }

    package struct Problem: Error, Equatable, Sendable {
        package let text: String
    }

    /// The ring that a file holds.
    package static func read(_ bytes: [UInt8]) throws(Problem) -> Keyring {
        guard let keys = decode(bytes) else { throw Problem(text: "it is no JSON array of base64 keys") }
        do throws(Keyring.Problem) { return try Keyring(keys) } catch {
            throw Problem(text: keys.isEmpty ? "it holds no key" : error.text)
        }
    }

    /// Nil unless the text is an array of base64 texts.
    package static func decode(_ bytes: [UInt8]) -> [[UInt8]]? {
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard text.hasPrefix("["), text.hasSuffix("]"), text.utf8.count >= 2 else { return nil }
        let inner = text.dropFirst().dropLast()
        if inner.isEmpty { return [] }
        var keys: [[UInt8]] = []
        for item in inner.split(separator: ",", omittingEmptySubsequences: false) {
            guard item.utf8.count >= 2, item.hasPrefix("\""), item.hasSuffix("\""),
                let key = Base64.decode(String(item.dropFirst().dropLast()).replacing("\\/", with: "/"))
            else { return nil }
            keys.append(key)
        }
        return keys
    }
}
