/// One question to an agent's own interfaces.
package struct FederationQuestion: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// GET of a path and query, encoded.
        case http(String)
        case dns(name: String, DNSAsking.Kind)
    }

    package var agent: String
    package var kind: Kind
    package var timeout: Duration

    package init(_ agent: String, _ kind: Kind, timeout: Duration = .seconds(2)) {
        self.agent = agent
        self.kind = kind
        self.timeout = timeout
    }
}

package enum FederationAnswer: Sendable {
    case http(HTTPReply)
    case dns(DNSAsking.Answer)
}

/// An HTTP answer as an expectation reads it.
package struct HTTPReply: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// From the question to the last byte.
    package var time: Duration

    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8], time: Duration) {
        self.status = status
        self.headers = headers
        self.body = body
        self.time = time
    }

    package var text: String { String(decoding: body, as: UTF8.self) }

    /// - Parameter name: in lower case.
    package func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
}

/// Why something cannot be said or does not hold.
package struct FederationReason: Error, CustomStringConvertible, Sendable {
    package var description: String
    /// An answer is still on its way: ask the same again when it is there.
    package var isPending = false

    package init(_ description: String) { self.description = description }

    package static let pending: FederationReason = {
        var reason = FederationReason("no answer yet")
        reason.isPending = true
        return reason
    }()
}

/// Asks the agents of a running federation: over sockets, or in a simulated world. One that cannot wait throws
/// `pending`, and answers the same question when it is asked again later.
package protocol FederationAsker {
    mutating func ask(_ question: FederationQuestion) throws(FederationReason) -> FederationAnswer
}
