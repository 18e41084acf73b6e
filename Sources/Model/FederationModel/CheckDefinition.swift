/// A health check as an operator or a client registers it: exactly one of `http`, `tcp`, `ttl` and an alias target.
package struct CheckDefinition: Equatable, Sendable {
    /// Unique on the node; by default `service:<service id>` (with `:<n>` from the second check on) or the name.
    package var id: String = ""
    package var name: String = ""
    package var notes: String = ""
    /// The instance the check belongs to; empty for a check of the node.
    package var serviceID: String = ""
    /// `passing`, `warning` or `critical`; empty means critical until the first result.
    package var initialStatus: String = ""
    /// URL of an HTTP or HTTPS check.
    package var http: String = ""
    package var method: String = ""
    package var header: [String: [String]] = [:]
    package var body: String = ""
    package var tlsSkipVerify: Bool = false
    /// SNI and verified name; empty takes it from the URL.
    package var tlsServerName: String = ""
    /// `host:port` of a TCP check.
    package var tcp: String = ""
    package var interval: Duration?
    package var timeout: Duration?
    package var ttl: Duration?
    package var aliasNode: String = ""
    package var aliasService: String = ""
    /// Results in a row before the status becomes passing; 0 and 1 mean at once.
    package var successBeforePassing: Int = 0
    package var failuresBeforeCritical: Int = 0
    package var deregisterCriticalServiceAfter: Duration?
    /// Bytes of output kept; 4,096 by default.
    package var outputMaxSize: Int = 4096

    package init() {}
}

/// A service instance as an operator or a client registers it at an agent.
package struct ServiceDefinition: Equatable, Sendable {
    /// Unique on the node; the name when empty.
    package var id: String = ""
    package var name: String = ""
    package var tags: [String] = []
    package var address: String = ""
    package var port: Int = 0
    package var meta: [String: String] = [:]
    package var taggedAddresses: [String: ServiceAddress] = [:]
    package var weights: Weights?
    package var enableTagOverride: Bool = false
    /// Any text; mesh kinds are refused before.
    package var kind: String = ""
    /// Consul's `Connect.Native`.
    package var isConnectNative: Bool = false
    package var checks: [CheckDefinition] = []

    package init() {}
}

/// What a check says of a node or an instance.
package enum CheckStatus: String, Equatable, Sendable, CaseIterable {
    case passing, warning, critical
}
