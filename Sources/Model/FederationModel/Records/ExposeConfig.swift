/// Consul's `ExposeConfig` as servers exchange it; on the wire a map keyed by the Go field names.
package struct ExposeConfig: Equatable, Sendable {
    /// Expose health-check paths.
    package var checks: Bool
    /// Exposed paths.
    package var paths: [ExposePath]?

    package init(
        checks: Bool = false,
        paths: [ExposePath]? = nil
    ) {
        self.checks = checks
        self.paths = paths
    }
}
