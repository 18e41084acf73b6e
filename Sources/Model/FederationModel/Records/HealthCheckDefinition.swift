/// Consul's `HealthCheckDefinition` as servers exchange it; on the wire a map keyed by the Go field names.
package struct HealthCheckDefinition: Equatable, Sendable {
    /// URL of an HTTP check.
    package var http: String
    /// Do not verify the server certificate.
    package var tlsSkipVerify: Bool
    /// Request headers.
    package var header: [String: [String]]?
    /// HTTP method.
    package var method: String
    /// Request body.
    package var body: String
    /// Address of a TCP check.
    package var tcp: String
    /// Check interval.
    package var interval: Duration
    /// Limit of kept output.
    package var outputMaxSize: UInt64
    /// Check timeout.
    package var timeout: Duration
    /// Remove the service after this long critical.
    package var deregisterCriticalServiceAfter: Duration
    /// Command line of a script check.
    package var scriptArgs: [String]?
    /// Container of a docker check.
    package var dockerContainerID: String
    /// Shell for the script.
    package var shell: String
    /// GRPC health target.
    package var grpc: String
    /// GRPC over TLS.
    package var grpcUseTLS: Bool
    /// Node an alias check follows.
    package var aliasNode: String
    /// Service an alias check follows.
    package var aliasService: String
    /// TTL of a TTL check.
    package var ttl: Duration

    package init(
        http: String = "",
        tlsSkipVerify: Bool = false,
        header: [String: [String]]? = nil,
        method: String = "",
        body: String = "",
        tcp: String = "",
        interval: Duration = .zero,
        outputMaxSize: UInt64 = 0,
        timeout: Duration = .zero,
        deregisterCriticalServiceAfter: Duration = .zero,
        scriptArgs: [String]? = nil,
        dockerContainerID: String = "",
        shell: String = "",
        grpc: String = "",
        grpcUseTLS: Bool = false,
        aliasNode: String = "",
        aliasService: String = "",
        ttl: Duration = .zero
    ) {
        self.http = http
        self.tlsSkipVerify = tlsSkipVerify
        self.header = header
        self.method = method
        self.body = body
        self.tcp = tcp
        self.interval = interval
        self.outputMaxSize = outputMaxSize
        self.timeout = timeout
        self.deregisterCriticalServiceAfter = deregisterCriticalServiceAfter
        self.scriptArgs = scriptArgs
        self.dockerContainerID = dockerContainerID
        self.shell = shell
        self.grpc = grpc
        self.grpcUseTLS = grpcUseTLS
        self.aliasNode = aliasNode
        self.aliasService = aliasService
        self.ttl = ttl
    }
}
