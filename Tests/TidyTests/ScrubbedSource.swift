/// Swift source with comments and the text of string literals replaced by spaces, line breaks kept, so that a word in
/// a sentence is no finding. Interpolations are scrubbed with their literal.
struct ScrubbedSource {
    let lines: [Substring]
    let text: String

    init(_ source: String) {
        var output: [UInt8] = []
        let bytes = Array(source.utf8)
        output.reserveCapacity(bytes.count)
        var position = 0

        func matches(_ text: StaticString, at position: Int) -> Bool {
            let count = text.utf8CodeUnitCount
            guard position + count <= bytes.count else { return false }
            return (0..<count).allSatisfy { bytes[position + $0] == text.utf8Start[$0] }
        }
        func blank(_ count: Int) {
            for byte in bytes[position..<min(bytes.count, position + count)] {
                output.append(byte == 10 ? 10 : 32)
            }
            position += count
        }

        while position < bytes.count {
            if matches("//", at: position) {
                while position < bytes.count && bytes[position] != 10 { blank(1) }
            } else if matches("/*", at: position) {
                var depth = 0
                repeat {
                    if matches("/*", at: position) {
                        depth += 1
                        blank(2)
                    } else if matches("*/", at: position) {
                        depth -= 1
                        blank(2)
                    } else {
                        blank(1)
                    }
                } while depth > 0 && position < bytes.count
            } else if matches("\"\"\"", at: position) {
                blank(3)
                while position < bytes.count && !matches("\"\"\"", at: position) {
                    blank(bytes[position] == 92 ? 2 : 1)
                }
                blank(3)
            } else if bytes[position] == 34 {
                blank(1)
                var depth = 0
                while position < bytes.count && bytes[position] != 10 && (depth > 0 || bytes[position] != 34) {
                    if matches("\\(", at: position) {
                        depth += 1
                        blank(2)
                    } else if bytes[position] == 92 {
                        blank(2)
                    } else {
                        if depth > 0 && bytes[position] == 40 { depth += 1 }
                        if depth > 0 && bytes[position] == 41 { depth -= 1 }
                        blank(1)
                    }
                }
                blank(1)
            } else {
                output.append(bytes[position])
                position += 1
            }
        }
        text = String(decoding: output, as: UTF8.self)
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }
}
