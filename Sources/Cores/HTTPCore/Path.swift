/// Cleaning of request paths as Go's multiplexer does it: repeated slashes, `.` and `..` lead to a redirect.
enum Path {
    /// Whether every character of a path can be shown: Consul's server refuses the others. Bytes that are no UTF-8
    /// pass, as in Go they stand for a character that can be shown. O(bytes).
    static func isPrintable(_ path: [UInt8]) -> Bool {
        if path.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return true }
        return String(decoding: path, as: UTF8.self).unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
            case .spaceSeparator: scalar == " "
            default: true
            }
        }
    }

    /// - Returns: the cleaned path when it differs from `path`, which begins with `/`.
    static func cleaned(_ path: [UInt8]) -> [UInt8]? {
        guard needsCleaning(path) else { return nil }
        var parts: [ArraySlice<UInt8>] = []
        for part in path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: true) {
            if part.elementsEqual(".".utf8) { continue }
            if part.elementsEqual("..".utf8) {
                if !parts.isEmpty { parts.removeLast() }
            } else {
                parts.append(part)
            }
        }
        var clean: [UInt8] = []
        for part in parts {
            clean.append(UInt8(ascii: "/"))
            clean += part
        }
        let endsInSlash = path.last == UInt8(ascii: "/")
        if clean.isEmpty || endsInSlash { clean.append(UInt8(ascii: "/")) }
        return clean
    }

    private static func needsCleaning(_ path: [UInt8]) -> Bool {
        var length = 0
        var dots = 0
        for byte in path.dropFirst() {
            if byte == UInt8(ascii: "/") {
                if length == 0 || length <= 2 && dots == length { return true }
                length = 0
                dots = 0
            } else {
                length += 1
                if byte == UInt8(ascii: ".") { dots += 1 }
            }
        }
        return length > 0 && length <= 2 && dots == length
    }
}
