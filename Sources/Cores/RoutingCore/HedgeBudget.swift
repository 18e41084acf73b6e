/// How many requests may be asked of a second server before the first has answered: at most one for twenty that were
/// sent, whatever the delay. Without it a datacenter that slows down as a whole would get every request twice.
package struct HedgeBudget: Equatable, Sendable {
    /// In twentieths of a hedge: a request adds one, a hedge takes twenty.
    private static let cost = 20
    /// Ten hedges at once: what a fleet's tail needs in one ping interval, and no burst worth the name.
    private static let maxCredit = 10 * cost

    private var credit = 0

    package init() {}

    package var available: Int { credit / Self.cost }

    package mutating func sent() { credit = min(credit + 1, Self.maxCredit) }

    /// - Returns: false when the budget is spent.
    package mutating func spend() -> Bool {
        guard credit >= Self.cost else { return false }
        credit -= Self.cost
        return true
    }
}
