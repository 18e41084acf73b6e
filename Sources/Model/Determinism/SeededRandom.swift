/// SplitMix64 (Steele, Lea, Flood 2014): every draw follows from the seed. Copying it copies its future.
public struct SeededRandom: RandomNumberGenerator, Equatable, Sendable {
    @usableFromInline var state: UInt64

    @inlinable public init(seed: UInt64) { state = seed }

    @inlinable public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A generator of its own, so that one part's draws do not shift another's.
    @inlinable public mutating func split() -> SeededRandom { SeededRandom(seed: next()) }

    /// Uniform in `range`, to the nanosecond. An empty range gives its lower bound.
    @inlinable public mutating func duration(in range: Range<Duration>) -> Duration {
        let low = range.lowerBound.wholeNanoseconds
        let high = range.upperBound.wholeNanoseconds
        guard low < high else { return range.lowerBound }
        return Duration(wholeNanoseconds: Int64.random(in: low..<high, using: &self))
    }

    /// True with the given probability in 0...1.
    @inlinable public mutating func chance(_ probability: Double) -> Bool {
        probability > 0 && Double.random(in: 0..<1, using: &self) < probability
    }
}
