/// One check run handed to a shell. Numbers are never used twice in a process.
package struct ProbeID: Hashable, Sendable {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }
}

/// What to try, and for how long.
package struct ProbeRequest: Equatable, Sendable {
    package enum Target: Equatable, Sendable {
        case http(HTTP)
        /// `host:port`.
        case tcp(String)
    }

    package struct HTTP: Equatable, Sendable {
        package var url: String
        package var method: String = "GET"
        /// In the order they are sent.
        package var header: [(name: String, value: String)] = []
        package var body: String = ""
        package var tlsSkipVerify: Bool = false
        package var tlsServerName: String = ""
        package var maxRedirects: Int = 10

        package init(url: String) { self.url = url }

        package static func == (left: HTTP, right: HTTP) -> Bool {
            left.url == right.url && left.method == right.method && left.body == right.body
                && left.tlsSkipVerify == right.tlsSkipVerify && left.tlsServerName == right.tlsServerName
                && left.maxRedirects == right.maxRedirects && left.header.elementsEqual(right.header) { $0 == $1 }
        }
    }

    package var target: Target
    /// From the start to the last byte.
    package var timeout: Duration
    /// Body bytes kept; the rest is read no further.
    package var maxOutputBytes: Int

    package init(target: Target, timeout: Duration, maxOutputBytes: Int = 4096) {
        self.target = target
        self.timeout = timeout
        self.maxOutputBytes = maxOutputBytes
    }
}

/// How a probe ended.
package enum ProbeResult: Equatable, Sendable {
    /// An HTTP answer, or for TCP an accepted connection (`code` 0).
    case answered(code: Int, reason: String, body: String, timings: Timings)
    /// Anything else, in words an operator understands.
    case failed(String)

    /// Since the start; zero for a phase that did not happen.
    package struct Timings: Equatable, Sendable {
        package var resolved: Duration = .zero
        package var connected: Duration = .zero
        package var secured: Duration = .zero
        package var firstByte: Duration = .zero
        package var total: Duration = .zero

        package init() {}
    }
}
