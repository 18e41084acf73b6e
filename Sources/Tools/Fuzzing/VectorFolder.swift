import Glibc
import WireFormat

/// The recorded vectors: `rpc/*.json` and `gossip/*.json`, each an object or an array of objects with `hex`.
package struct VectorFolder {
    /// Header and body as they went over a stream.
    private(set) var rpc: [[UInt8]] = []
    private(set) var gossipDatagrams: [[UInt8]] = []
    private(set) var gossipStreams: [[UInt8]] = []

    package struct Problem: Error, CustomStringConvertible {
        package let description: String
    }

    package init(_ folder: String) throws(Problem) {
        for (_, item) in try Self.items("\(folder)/rpc") { rpc.append(item) }
        for (transport, item) in try Self.items("\(folder)/gossip") {
            if transport == "tcp" { gossipStreams.append(item) } else { gossipDatagrams.append(item) }
        }
        guard !rpc.isEmpty, !gossipDatagrams.isEmpty, !gossipStreams.isEmpty else {
            throw Problem(description: "\(folder) holds no vectors")
        }
    }

    private static func items(_ folder: String) throws(Problem) -> [(transport: String, bytes: [UInt8])] {
        guard let handle = opendir(folder) else {
            throw Problem(description: "\(folder): \(String(cString: strerror(errno)))")
        }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".json") { names.append(name) }
        }
        var found: [(String, [UInt8])] = []
        for name in names.sorted() {
            guard let value = try? JSONReader.read(bytes(of: "\(folder)/\(name)")) else { continue }
            let objects = if case .array(let items) = value.kind { items } else { [value] }
            for object in objects {
                guard case .object(let members) = object.kind else { continue }
                func text(_ key: String) -> String? {
                    let member = members.first { $0.name == key }
                    return if case .string(let text)? = member?.value.kind { text } else { nil }
                }
                if let hex = text("hex"), let bytes = unhex(hex) { found.append((text("transport") ?? "", bytes)) }
            }
        }
        return found
    }

    private static func bytes(of path: String) -> [UInt8] {
        guard let file = fopen(path, "rb") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    private static func unhex(_ text: String) -> [UInt8]? {
        let digits = text.utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
