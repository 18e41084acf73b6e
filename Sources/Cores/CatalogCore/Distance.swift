package import FederationModel

extension SerfCoordinate {
    /// Dimensions of every coordinate of Serf's.
    package static let dimensions = 8

    /// No part is infinite or not a number.
    package var isFinite: Bool {
        (vec ?? []).allSatisfy(\.isFinite) && error.isFinite && adjustment.isFinite && height.isFinite
    }

    /// Estimated round trip in seconds: `|a − b| + height a + height b`, with both adjustments where the sum stays
    /// positive. Infinite for coordinates of different dimensions.
    /// - Source: Vivaldi §5.4 (heights); the adjustment is Serf's.
    package func distance(to other: SerfCoordinate) -> Double {
        let left = vec ?? []
        let right = other.vec ?? []
        guard left.count == right.count else { return .infinity }
        var squares = 0.0
        for (a, b) in zip(left, right) { squares += (a - b) * (a - b) }
        let raw = squares.squareRoot() + height + other.height
        let adjusted = raw + adjustment + other.adjustment
        return adjusted > 0 ? adjusted : raw
    }
}
