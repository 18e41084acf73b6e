import CommandSupport
import Testing

struct CommandLineWordsTests {
    @Test(
        "Go's flags become the parser's",
        arguments: [
            (["members", "-wan"], ["members", "--wan"]),
            (["members", "-wan=true", "-http-addr=http://a:1"], ["members", "--wan", "--http-addr=http://a:1"]),
            (["members", "-wan=false"], ["members"]),
            (["members", "-http-addr", "-odd-"], ["members", "--http-addr", "-odd-"]),
            (["kv", "put", "-flags", "42", "k", "-5"], ["kv", "put", "--flags", "42", "k", "-5"]),
            (["kv", "get", "--recurse", "a"], ["kv", "get", "--recurse", "a"]),
            (["kv", "put", "--", "k", "-cas"], ["kv", "put", "--", "k", "-cas"]),
            (["kv", "put", "k", "-"], ["kv", "put", "k", "-"]),
            (["agent", "-server", "-wan"], ["agent", "-server", "-wan"]),
            ([], []),
        ])
    func words(given: [String], expected: [String]) {
        #expect(CommandLineWords.normalised(given) == expected)
    }
}
