/// Consul's `ServiceConnect` as servers exchange it; on the wire a map keyed by the Go field names.
package struct ServiceConnect: Equatable, Sendable {
    /// Application speaks the mesh protocol itself.
    package var native: Bool
    /// Nested registration, nil in the catalog.
    package var sidecarService: DynamicValue?

    package init(
        native: Bool = false,
        sidecarService: DynamicValue? = nil
    ) {
        self.native = native
        self.sidecarService = sidecarService
    }
}
