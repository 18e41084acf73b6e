/// Consul's `SerfCoordinate` as servers exchange it; on the wire a map keyed by the Go field names.
package struct SerfCoordinate: Equatable, Sendable {
    /// 8 numbers, seconds.
    package var vec: [Double]?
    /// Confidence.
    package var error: Double
    /// Seconds.
    package var adjustment: Double
    /// Seconds.
    package var height: Double

    package init(
        vec: [Double]? = nil,
        error: Double = 0,
        adjustment: Double = 0,
        height: Double = 0
    ) {
        self.vec = vec
        self.error = error
        self.adjustment = adjustment
        self.height = height
    }
}
