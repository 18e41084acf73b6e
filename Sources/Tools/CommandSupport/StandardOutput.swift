import Glibc

/// Lines for people who watch a command, apart from its output.
package enum StandardError {
    package static func print(_ line: String) { TextLine.write(line, to: STDERR_FILENO) }

    /// The same line again and again, on a terminal.
    package static func show(_ line: String) { TextLine.write("\r" + line, end: "", to: STDERR_FILENO) }
}

/// Lines that are seen at once, also through a pipe.
package enum StandardOutput {
    package static func print(_ line: String) { TextLine.write(line, to: STDOUT_FILENO) }
}

enum TextLine {
    static func write(_ line: String, end: String = "\n", to descriptor: Int32) {
        let bytes = Array((line + end).utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            sent += max(0, count)
        }
    }
}
