import Glibc

package enum OutputFile {
    /// Replaces what is there.
    package static func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
        guard let handle = fopen(path, "we") else {
            throw CommandFailure("\(path): \(String(cString: strerror(errno)))")
        }
        let written = fwrite(bytes, 1, bytes.count, handle)
        guard fclose(handle) == 0, written == bytes.count else {
            throw CommandFailure("\(path): \(String(cString: strerror(errno)))")
        }
    }
}
