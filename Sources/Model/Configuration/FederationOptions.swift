import Determinism

/// Our own: pings, verdicts and what is told of their changes.
package struct FederationOptions: Equatable, Sendable {
    package var pingInterval: Duration = .seconds(1)
    package var pingTimeout: Duration = .seconds(1)
    package var missesToCondemn = 3
    package var refusalsToCondemn = 2
    package var answersToClear = 2
    package var leaderlessDelay: Duration = .seconds(2)
    package var worseningDelay: Duration = .zero
    package var recoveryDelay: Duration = .zero
    /// Where changes of verdicts are posted; empty: nowhere.
    package var webhook = ""
}

extension AgentConfiguration {
    static let federationOptions: [ConfigurationOption] = [
        .duration("federation.ping_interval", \.federation.pingInterval, standard: "1s", "between two pings"),
        .duration("federation.ping_timeout", \.federation.pingTimeout, standard: "1s", "of a ping"),
        .integer(
            "federation.misses_to_condemn", \.federation.missesToCondemn, 1...100, standard: "3",
            "unanswered pings in a row that condemn a server"),
        .integer(
            "federation.refusals_to_condemn", \.federation.refusalsToCondemn, 1...100, standard: "2",
            "refused connections in a row that condemn a server"),
        .integer(
            "federation.answers_to_clear", \.federation.answersToClear, 1...100, standard: "2",
            "answers in a row that clear a condemned server"),
        .duration(
            "federation.leaderless_delay", \.federation.leaderlessDelay, standard: "2s",
            "a quorum without a leader; longer than an election"),
        .duration(
            "federation.worsening_delay", \.federation.worseningDelay, standard: "0s",
            "evidence for a worse verdict before it stands, beyond the counts"),
        .duration(
            "federation.recovery_delay", \.federation.recoveryDelay, standard: "0s",
            "evidence for a better verdict before it stands"),
        .text("federation.webhook", \.federation.webhook, "http URL that changes of verdicts are posted to"),
    ]

    func federationProblems() -> [(key: String, reason: String)] {
        var found: [(key: String, reason: String)] = []
        func check(_ holds: Bool, _ key: String, _ reason: String) {
            if !holds { found.append((key, reason)) }
        }
        let options = federation
        // 64 pings a second is the budget; slower than a minute and gossip is as quick.
        let interval: ClosedRange<Duration> = .milliseconds(100)...(.seconds(60))
        check(interval.contains(options.pingInterval), "federation.ping_interval", "is not within 100ms and 1m")
        check(interval.contains(options.pingTimeout), "federation.ping_timeout", "is not within 100ms and 1m")
        for (key, delay) in [
            ("leaderless_delay", options.leaderlessDelay), ("worsening_delay", options.worseningDelay),
            ("recovery_delay", options.recoveryDelay),
        ] {
            check(delay <= .seconds(600), "federation.\(key)", "is longer than 10m")
        }
        let url = options.webhook
        let isURL = ["http://", "https://"].contains { url.hasPrefix($0) && url.count > $0.count }
        check(url.isEmpty || isURL, "federation.webhook", "\"\(options.webhook)\" is no http URL")
        return found
    }
}
