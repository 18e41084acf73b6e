import Glibc

/// Whole files, as commands take them.
package enum InputFile {
    package static let maxBytes = 64 << 20

    package static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
        guard let file = fopen(path, "rbe") else {
            throw CommandFailure("\(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= maxBytes {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 {
                guard ferror(file) == 0 else { throw CommandFailure("\(path): \(String(cString: strerror(errno)))") }
                return bytes
            }
            bytes += chunk[..<count]
        }
        throw CommandFailure("\(path) is larger than \(maxBytes) bytes")
    }
}
