/// Consul's `Weights` as servers exchange it; on the wire a map keyed by the Go field names.
package struct Weights: Equatable, Sendable {
    /// Weight when passing.
    package var passing: Int
    /// Weight when warning.
    package var warning: Int

    package init(
        passing: Int = 0,
        warning: Int = 0
    ) {
        self.passing = passing
        self.warning = warning
    }
}
