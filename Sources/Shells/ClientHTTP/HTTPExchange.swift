/// One request to an agent.
package struct HTTPCall: Equatable, Sendable {
    package var method: String
    /// `http://host:port`, without a path.
    package var base: String
    /// Path and query, encoded.
    package var target: String
    package var headers: [(name: String, value: String)] = []
    package var body: [UInt8] = []
    /// From the start to the last byte.
    package var timeout: Duration

    package init(
        _ method: String, _ base: String, _ target: String, body: [UInt8] = [], timeout: Duration = .seconds(10)
    ) {
        self.method = method
        self.base = base
        self.target = target
        self.body = body
        self.timeout = timeout
    }

    package static func == (left: HTTPCall, right: HTTPCall) -> Bool {
        left.method == right.method && left.base == right.base && left.target == right.target
            && left.body == right.body && left.timeout == right.timeout
            && left.headers.elementsEqual(right.headers) { $0 == $1 }
    }
}

/// Its answer.
package struct HTTPAnswer: Sendable {
    package var status: Int
    /// Names in lower case.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package var text: String { String(decoding: body, as: UTF8.self) }

    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Why there was no answer.
package enum HTTPClientError: Error, Equatable, Sendable {
    case badAddress(String)
    /// Nothing was sent.
    case notConnected(String)
    /// The request may have been carried out.
    case noAnswer(String)
}

extension HTTPClientError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badAddress(let text): "\"\(text)\" is not an address such as http://127.0.0.1:8500"
        case .notConnected(let reason): reason
        case .noAnswer(let reason): reason
        }
    }
}

/// Blocking HTTP, one call at a time; any implementation serves the command line and the topology runner.
package protocol HTTPClient: Sendable {
    func perform(_ call: HTTPCall) throws(HTTPClientError) -> HTTPAnswer
}
