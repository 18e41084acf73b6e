import Determinism
import FederationModel
import HTTPCore
import Testing
import WireFormat

struct DefinitionTests {
    private func read(_ text: String) throws -> JSONValue { try JSONReader.read(Array(text.utf8)) }

    @Test("A service of a configuration file")
    func service() throws {
        let value = try read(
            #"{"id":"w","name":"web","port":80,"tags":["a"],"#
                + #""check":{"id":"c","http":"http://x","interval":"5s"}}"#)
        let (definition, problems) = ServiceDefinition.decode(config: value)
        #expect(problems.isEmpty)
        #expect(definition?.id == "w" && definition?.port == 80 && definition?.checks.first?.id == "c")
        #expect(definition?.checks.first?.interval == .seconds(5) && definition?.checks.first?.serviceID == "w")
    }

    @Test("Every problem is listed with its key and place")
    func problems() throws {
        let value = try read(
            """
            {"name": 5,
             "prot": 80,
             "checks": [{"ttl": "1s"}, {"ttl": "x", "interval": true}]}
            """)
        let (definition, problems) = ServiceDefinition.decode(config: value)
        #expect(definition == nil)
        #expect(problems.map(\.key) == ["name", "prot", "checks[1].ttl", "checks[1].interval"])
        #expect(
            problems.map(\.message) == [
                "expected a string, found a number", "unknown key", "time: invalid duration \"x\"",
                "expected a duration such as \"10s\"",
            ])
        #expect(problems.map(\.position.line) == [1, 2, 3, 3])
    }

    @Test(
        "A check of a configuration file",
        arguments: [
            (#"{"id":"a","name":"n","tcp":"a:1","interval":"1s","service_id":"s"}"#, ""),
            (#"{"name":"n"}"#, "Invalid check: TTL must be > 0 for TTL checks"),
            (#"{"name":"n","args":["x"],"interval":"1s"}"#, "script checks are not supported"),
            ("[]", "expected an object, found an array"),
        ])
    func check(text: String, problem: String) throws {
        let (definition, problems) = CheckDefinition.decode(config: try read(text))
        #expect((definition == nil) == !problem.isEmpty)
        #expect(problem.isEmpty == problems.isEmpty)
        if !problem.isEmpty { #expect(problems.contains { $0.message == problem }) }
    }

    @Test(
        "Go's durations",
        arguments: [
            ("1h30m", Duration.seconds(5400), "1h30m0s"), ("1.5s", .milliseconds(1500), "1.5s"), ("0", .zero, "0s"),
            ("250ms", .milliseconds(250), "250ms"), ("-2us", .microseconds(-2), "-2µs"),
            ("1µs", .microseconds(1), "1µs"),
            ("10ns", .nanoseconds(10), "10ns"), (".5s", .milliseconds(500), "500ms"), ("1.s", .seconds(1), "1s"),
            ("+3m", .seconds(180), "3m0s"), ("100h", .seconds(360_000), "100h0m0s"),
        ])
    func durations(text: String, duration: Duration, printed: String) {
        #expect(Duration(goText: text) == duration)
        #expect(duration.goText == printed)
    }

    @Test(
        "What is no duration",
        arguments: [
            "", "1", "s", "1x", "-", "1s2", ".s", "9999999999h", "1 s", "99999999999999999999s",
        ])
    func noDuration(text: String) { #expect(Duration(goText: text) == nil) }
}
