package import FederationModel

/// A status and the text beside it.
package struct CheckOutcome: Equatable, Sendable {
    package var status: CheckStatus
    package var output: String

    package init(_ status: CheckStatus, _ output: String) {
        self.status = status
        self.output = output
    }

    /// How a run of a probe reads: 2xx and an accepted connection pass, 429 warns, anything else is critical.
    package init(_ result: ProbeResult, of request: ProbeRequest) {
        switch (request.target, result) {
        case (.http(let http), .answered(let code, let reason, let body, _)):
            let line = reason.isEmpty ? "\(code)" : "\(code) \(reason)"
            let text = body.cut(toBytes: request.maxOutputBytes)
            self.init(Self.status(ofHTTP: code), "HTTP \(http.method) \(http.url): \(line) Output: \(text)")
        case (.http(let http), .failed(let reason)):
            let method = http.method.prefix(1).uppercased() + http.method.dropFirst().lowercased()
            self.init(.critical, "\(method) \"\(http.url)\": \(reason)".cut(toBytes: request.maxOutputBytes))
        case (.tcp(let address), .answered):
            self.init(.passing, "TCP connect \(address): Success")
        case (.tcp(let address), .failed(let reason)):
            self.init(.critical, "dial tcp \(address): \(reason)".cut(toBytes: request.maxOutputBytes))
        }
    }

    /// A TTL that ran out; `last` is what its owner had said.
    package init(expiredAfter last: String) {
        let text = last.isEmpty ? "TTL expired" : "TTL expired (last output before timeout follows): \(last)"
        self.init(.critical, text)
    }

    /// What an alias says of the checks it follows, given sorted by id: the first critical one decides, else the last
    /// warning, else all pass.
    package init(following checks: [AliasedCheck]) {
        self.init(.passing, checks.isEmpty ? "No checks found." : "All checks passing.")
        for check in checks where check.status != .passing {
            status = check.status
            output = "Aliased check \"\(check.name)\" failing: \(check.output)"
            if status == .critical { break }
        }
    }

    private static func status(ofHTTP code: Int) -> CheckStatus {
        switch code {
        case 200..<300: .passing
        case 429: .warning
        default: .critical
        }
    }
}

/// One check as an alias sees it.
package struct AliasedCheck: Equatable, Sendable {
    package var name: String
    package var status: CheckStatus
    package var output: String

    package init(name: String, status: CheckStatus, output: String) {
        self.name = name
        self.status = status
        self.output = output
    }
}

extension String {
    /// The longest start of at most `limit` UTF-8 bytes that ends at a scalar's end.
    package func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        guard limit > 0 else { return "" }
        let end = utf8.index(utf8.startIndex, offsetBy: limit)
        var scalarEnd = end
        while scalarEnd > startIndex && scalarEnd.samePosition(in: unicodeScalars) == nil {
            scalarEnd = utf8.index(before: scalarEnd)
        }
        return String(unicodeScalars[..<scalarEnd])
    }
}
