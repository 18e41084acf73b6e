package import Determinism
package import FederationModel

/// Vivaldi network coordinates as Serf computes them (`wire/serf-gossip.md` 5.10). Units are seconds.
package struct CoordinateClient: Equatable, Sendable {
    private static let dimensionCount = 8
    private static let maxError = 1.5
    private static let errorWeight = 0.25
    private static let movementWeight = 0.25
    private static let adjustmentWindow = 20
    private static let minHeight = 1.0e-5
    private static let latencySampleCount = 3
    private static let gravityRadius = 150.0
    private static let zeroThreshold = 1.0e-6
    private static let maxRoundTrip = 10.0

    package static let initial = SerfCoordinate(
        vec: [Double](repeating: 0, count: dimensionCount), error: maxError, adjustment: 0, height: minHeight)

    package private(set) var coordinate = CoordinateClient.initial
    private var adjustments = [Double](repeating: 0, count: adjustmentWindow)
    private var adjustmentIndex = 0
    private var latencies: [String: [Double]] = [:]
    private var random: SeededRandom

    package init(random: SeededRandom) { self.random = random }

    package static func isValid(_ coordinate: SerfCoordinate) -> Bool {
        guard let vec = coordinate.vec, vec.count == dimensionCount else { return false }
        return vec.allSatisfy(\.isFinite) && coordinate.error.isFinite && coordinate.adjustment.isFinite
            && coordinate.height.isFinite
    }

    /// Estimated round trip, cut to whole nanoseconds; nil for an invalid coordinate.
    package static func distance(_ one: SerfCoordinate, _ other: SerfCoordinate) -> Duration? {
        guard isValid(one), isValid(other) else { return nil }
        let seconds = adjusted(one, other)
        // Peers may send negative heights. Longer than a day is nonsense; neither would convert.
        return seconds >= 0 && seconds < 86_400 ? .nanoseconds(Int64(seconds * 1e9)) : nil
    }

    private static func difference(_ one: SerfCoordinate, _ other: SerfCoordinate) -> [Double] {
        zip(one.vec ?? [], other.vec ?? []).map { $0 - $1 }
    }

    private static func magnitude(_ vector: [Double]) -> Double {
        vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }

    private static func raw(_ one: SerfCoordinate, _ other: SerfCoordinate) -> Double {
        magnitude(difference(one, other)) + one.height + other.height
    }

    private static func adjusted(_ one: SerfCoordinate, _ other: SerfCoordinate) -> Double {
        let raw = raw(one, other)
        let adjusted = raw + one.adjustment + other.adjustment
        return adjusted > 0 ? adjusted : raw
    }

    /// `adjusted` as other peers compute it: through whole nanoseconds.
    private static func distanceSeconds(_ one: SerfCoordinate, _ other: SerfCoordinate) -> Double {
        let nanoseconds = adjusted(one, other) * 1e9
        return abs(nanoseconds) < 9e18 ? nanoseconds.rounded(.towardZero) / 1e9 : nanoseconds / 1e9
    }

    /// Forgets the latency samples of a member that was reaped.
    package mutating func forget(_ name: String) { latencies[name] = nil }

    /// Moves by what a direct ack told.
    /// - Returns: false when the coordinate or the round trip is unusable.
    package mutating func update(from name: String, at other: SerfCoordinate, roundTrip: Duration) -> Bool {
        let measured = roundTrip.inSeconds
        guard Self.isValid(other), measured >= 0, measured <= Self.maxRoundTrip else { return false }
        let filtered = filter(measured, of: name)
        moveByLatency(other, max(filtered, Self.zeroThreshold))
        adjust(by: other, filtered)
        let home = Self.distanceSeconds(Self.initial, coordinate)
        let pull = home / Self.gravityRadius
        coordinate = push(coordinate, by: -(pull * pull), from: Self.initial)
        if !Self.isValid(coordinate) { coordinate = Self.initial }
        return true
    }

    /// Median, the upper of two, of the last samples of that member.
    private mutating func filter(_ measured: Double, of name: String) -> Double {
        let samples = ((latencies[name] ?? []) + [measured]).suffix(Self.latencySampleCount)
        latencies[name] = Array(samples)
        return samples.sorted()[samples.count / 2]
    }

    private mutating func moveByLatency(_ other: SerfCoordinate, _ measured: Double) {
        let estimated = Self.distanceSeconds(coordinate, other)
        let wrongness = abs(estimated - measured) / measured
        let weight = coordinate.error / max(coordinate.error + other.error, Self.zeroThreshold)
        coordinate.error = min(
            Self.maxError,
            Self.errorWeight * weight * wrongness + coordinate.error * (1 - Self.errorWeight * weight))
        coordinate = push(coordinate, by: Self.movementWeight * weight * (measured - estimated), from: other)
    }

    private mutating func adjust(by other: SerfCoordinate, _ measured: Double) {
        adjustments[adjustmentIndex] = measured - Self.raw(coordinate, other)
        adjustmentIndex = (adjustmentIndex + 1) % Self.adjustmentWindow
        coordinate.adjustment = adjustments.reduce(0, +) / Double(2 * Self.adjustmentWindow)
    }

    private mutating func push(_ pushed: SerfCoordinate, by force: Double, from other: SerfCoordinate) -> SerfCoordinate
    {
        var unit = Self.difference(pushed, other)
        var length = Self.magnitude(unit)
        if length > Self.zeroThreshold {
            unit = unit.map { $0 / length }
        } else {
            length = 0
            unit = randomUnit()
        }
        var moved = pushed
        moved.vec = zip(pushed.vec ?? [], unit).map { $0 + force * $1 }
        if length > Self.zeroThreshold {
            moved.height = max(Self.minHeight, (pushed.height + other.height) * force / length + pushed.height)
        }
        return moved
    }

    private mutating func randomUnit() -> [Double] {
        let vector = (0..<Self.dimensionCount).map { _ in Double.random(in: -0.5..<0.5, using: &random) }
        let length = Self.magnitude(vector)
        guard length > Self.zeroThreshold else {
            return [1] + [Double](repeating: 0, count: Self.dimensionCount - 1)
        }
        return vector.map { $0 / length }
    }
}
