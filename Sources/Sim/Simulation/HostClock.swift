import Determinism

/// A host's clock as its agent reads it: it runs at a rate of its own and may have been set forward. It never goes
/// back: agents read the clock that runs through suspend, which setting the time of day does not move.
struct HostClock: Sendable {
    private var worldBase: Int64 = 0
    private var localBase: Int64 = 0
    /// Parts of a million that it runs fast; negative when slow.
    private(set) var drift: Int64 = 0

    private static let million: Int64 = 1_000_000

    func local(_ world: Instant) -> Instant {
        let elapsed = world.nanoseconds - worldBase
        guard drift != 0 else { return Instant(nanoseconds: localBase + elapsed) }
        let gained = elapsed / Self.million * drift + elapsed % Self.million * drift / Self.million
        return Instant(nanoseconds: localBase + elapsed + gained)
    }

    /// When it shows `local`, rounded up.
    func world(_ local: Instant) -> Instant {
        guard local != .distantFuture else { return .distantFuture }
        let shown = local.nanoseconds - localBase
        guard drift != 0 else { return Instant(nanoseconds: worldBase + shown) }
        let rate = Self.million + drift
        let (whole, rest) = shown.quotientAndRemainder(dividingBy: rate)
        return Instant(nanoseconds: worldBase + whole * Self.million + (rest * Self.million + rate - 1) / rate)
    }

    /// - Parameter drift: parts of a million, within ±500,000.
    mutating func setDrift(_ drift: Int64, at world: Instant) {
        localBase = local(world).nanoseconds
        worldBase = world.nanoseconds
        self.drift = min(max(drift, -500_000), 500_000)
    }

    mutating func jump(by time: Duration) { localBase += max(0, time.wholeNanoseconds) }
}
