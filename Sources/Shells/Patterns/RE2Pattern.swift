import CRE2
package import FederationModel

extension PatternCompiler {
    /// RE2: Go's syntax, linear time.
    package static let re2 = PatternCompiler { text throws(PatternProblem) in
        let compiled = try RE2Pattern(text)
        return Pattern({ compiled.matches($0) }, groups: { compiled.groups(in: $0) })
    }
}

/// One compiled pattern.
///
/// `@unchecked Sendable`: the pointer is set once and freed by the last owner; RE2 locks its own caches.
private final class RE2Pattern: @unchecked Sendable {
    /// Program and caches; Go has no such limit, but no pattern a person writes comes near it.
    private static let maxMemoryBytes = 1 << 20

    private let handle: OpaquePointer

    init(_ text: String) throws(PatternProblem) {
        var text = text
        handle = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                cre2_compile($0.baseAddress, $0.count, Self.maxMemoryBytes)
            }
        }
        if let problem = Self.problem(of: handle) { throw problem }
    }

    deinit { cre2_free(handle) }

    func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { cre2_matches(handle, $0.baseAddress, $0.count) }
        }
    }

    /// Groups beyond this many stay unread: no template names so many.
    private static let maxGroups = 64

    func groups(in text: String) -> [String]? {
        var text = text
        return text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters -> [String]? in
                var spans = [cre2_span](repeating: cre2_span(start: 0, count: 0), count: Self.maxGroups)
                let found = cre2_groups(handle, characters.baseAddress, characters.count, &spans, spans.count)
                guard found > 0 else { return nil }
                return spans[..<found].map { span in
                    String(decoding: bytes[span.start..<span.start + span.count], as: UTF8.self)
                }
            }
        }
    }

    /// The error in the words of Go's parser, which are part of Consul's answers.
    private static func problem(of handle: OpaquePointer) -> PatternProblem? {
        let code = UInt32(bitPattern: cre2_error_code(handle))
        let reason: String
        switch cre2_error(code) {
        case CRE2_NONE: return nil
        case CRE2_BAD_ESCAPE: reason = "invalid escape sequence"
        case CRE2_BAD_CHARACTER_CLASS: reason = "invalid character class"
        case CRE2_BAD_CHARACTER_RANGE: reason = "invalid character class range"
        case CRE2_MISSING_BRACKET: reason = "missing closing ]"
        case CRE2_MISSING_PARENTHESIS: reason = "missing closing )"
        case CRE2_UNEXPECTED_PARENTHESIS: reason = "unexpected )"
        case CRE2_TRAILING_BACKSLASH: reason = "trailing backslash at end of expression"
        case CRE2_REPEAT_ARGUMENT: reason = "missing argument to repetition operator"
        case CRE2_REPEAT_SIZE: reason = "invalid repeat count"
        case CRE2_REPEAT_OPERATOR: reason = "invalid nested repetition operator"
        case CRE2_BAD_PERL_OPERATOR: reason = "invalid or unsupported Perl syntax"
        case CRE2_BAD_UTF8: reason = "invalid UTF-8"
        case CRE2_BAD_NAMED_CAPTURE: reason = "invalid named capture"
        case CRE2_TOO_LARGE: reason = "expression too large"
        default: reason = "regexp/syntax: internal error"
        }
        var count = 0
        let start = cre2_error_argument(handle, &count)
        let bytes = UnsafeRawBufferPointer(start: start, count: count)
        let argument = code == CRE2_TRAILING_BACKSLASH.rawValue ? "" : String(decoding: bytes, as: UTF8.self)
        return PatternProblem("error parsing regexp: \(reason): `\(argument)`")
    }
}
