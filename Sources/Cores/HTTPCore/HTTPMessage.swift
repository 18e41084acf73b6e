package import FederationModel
package import WireFormat

/// One request as the HTTP listener read it.
package struct HTTPRequest: Sendable {
    package var method: String
    /// Path and query as sent: not decoded, beginning with `/`.
    package var target: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    package var remote: IPAddress

    package init(
        method: String, target: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        remote: IPAddress = IPAddress(127, 0, 0, 1)
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.remote = remote
    }

    /// The first value under a name; case does not matter. O(headers).
    package func header(_ name: StaticString) -> String? {
        headers.first { Self.isSame($0.name, name) }?.value
    }

    private static func isSame(_ name: String, _ lowercased: StaticString) -> Bool {
        guard name.utf8.count == lowercased.utf8CodeUnitCount else { return false }
        for (index, byte) in name.utf8.enumerated() {
            let lower = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
            if lower != lowercased.utf8Start[index] { return false }
        }
        return true
    }
}

/// One answer. The listener adds `Date`, `Content-Length` and, when asked for, gzip.
package struct HTTPResponse: Sendable {
    package var status: Int
    /// In the order they are sent.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first value under a name as it is spelt here. O(headers).
    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }
}

/// What the listener does with a request.
package enum HTTPAction: Sendable {
    case respond(HTTPResponse)
    case request(Request, Rendering)
    case agent(AgentRequest, Rendering)
    /// A host name to resolve first; then `.join` with its addresses, or render `AgentResponse.failed`.
    case join(host: String, port: UInt16, wan: Bool, Rendering)
    case shell(ShellRequest, Rendering)
}

/// What no core knows: the machine, the log, the configuration files.
package enum ShellRequest: Equatable, Sendable {
    /// The answer is JSON that the shell writes.
    case host
    /// Log lines from now on until the caller goes.
    case monitor(LogLine.Level, isJSON: Bool)
    /// Verdicts of one datacenter or all as server-sent events, at each change until the caller goes.
    case watchFederation(datacenter: String?)
    /// Configuration files are read again and handed to the agent.
    case reload
}

/// What every answer of one listener depends on.
package struct HTTPContext: Sendable {
    package var datacenter: String
    package var node: String
    package var isServer: Bool
    /// Consul's `limits.kv_max_value_size`.
    package var kvMaxValueBytes: Int
    /// Of snapshots.
    package var gzip = GzipCodec.none
    /// Consul's `limits.txn_max_req_len`.
    package var txnMaxBodyBytes = 512 * 1024
    /// Consul's `translate_wan_addrs`: show WAN addresses of other datacenters' nodes.
    package var translatesWANAddresses: Bool
    /// Consul's `http_config.response_headers`.
    package var responseHeaders: [(name: String, value: String)]
    /// Consul's `http_config.block_endpoints`: prefixes of paths that are answered 403.
    package var blockedEndpoints: [String] = []
    /// Ports that a bare address to join stands for.
    package var lanPort: UInt16
    package var wanPort: UInt16
    /// Patterns of filter expressions.
    package var patterns: PatternCompiler
    /// `/v1/agent/self`: Consul's form of the configuration, and what is known of the process.
    package var debugConfiguration = JSONValue(.object([]))
    package var runtime: [String: String] = [:]

    package init(
        datacenter: String, node: String, isServer: Bool, kvMaxValueBytes: Int = 512 * 1024,
        translatesWANAddresses: Bool = false, responseHeaders: [(name: String, value: String)] = [],
        lanPort: UInt16 = 8301, wanPort: UInt16 = 8302, patterns: PatternCompiler = .none
    ) {
        self.datacenter = datacenter
        self.node = node
        self.isServer = isServer
        self.kvMaxValueBytes = kvMaxValueBytes
        self.translatesWANAddresses = translatesWANAddresses
        self.responseHeaders = responseHeaders
        self.lanPort = lanPort
        self.wanPort = wanPort
        self.patterns = patterns
    }
}
