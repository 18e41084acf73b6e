import FederationModel
import Patterns
import Testing

struct PatternsTests {
    @Test(
        "Matches anywhere, in Go's syntax",
        arguments: [
            ("^w.b$", "web", true), ("^w.b$", "webs", false), ("e", "web", true), ("", "", true), ("", "x", true),
            ("^\\pL+$", "é", true), ("(?i)WEB", "web", true), ("a|b", "xbx", true), ("[0-9]{2,3}", "a1", false),
        ])
    func matching(pattern: String, text: String, isMatch: Bool) throws {
        #expect(try PatternCompiler.re2.compile(pattern).matches(text) == isMatch)
    }

    @Test(
        "What cannot be compiled is told in the words of Go's parser",
        arguments: [
            ("(", "missing closing ): `(`"), ("[", "missing closing ]: `[`"), ("x)", "unexpected ): `x)`"),
            ("*", "missing argument to repetition operator: `*`"), ("a**", "invalid nested repetition operator: `**`"),
            ("a{1001}", "invalid repeat count: `{1001}`"), ("\\", "trailing backslash at end of expression: ``"),
            ("\\pX", "invalid character class range: `\\pX`"), ("(?P<n", "invalid named capture: `(?P<n`"),
            ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"), ("\\8", "invalid escape sequence: `\\8`"),
        ])
    func problems(pattern: String, problem: String) {
        #expect(throws: PatternProblem("error parsing regexp: " + problem)) {
            try PatternCompiler.re2.compile(pattern)
        }
    }

    @Test("A pattern that makes a backtracking matcher explode takes linear time; an oversized one is refused")
    func hostilePatterns() throws {
        let text = String(repeating: "a", count: 100_000) + "b"
        #expect(try !PatternCompiler.re2.compile("^(a+)+$").matches(text))
        #expect(throws: PatternProblem.self) { try PatternCompiler.re2.compile("((a{100}){100}){10}") }
    }

    @Test("Groups of the first match", arguments: [
        ("^geo-(.*?)-([^-]+?)$", "geo-web-v2", ["geo-web-v2", "web", "v2"]), ("(a)|(b)", "b", ["b", "", "b"]),
        ("x", "y", nil), ("", "", [""]), ("é(.)", "aéü", ["éü", "ü"]),
    ] as [(String, String, [String]?)])
    func groups(pattern: String, text: String, groups: [String]?) throws {
        #expect(try PatternCompiler.re2.compile(pattern).groups(in: text) == groups)
    }
}
