package import FederationModel

/// The last changes of verdicts at this server, oldest first.
package struct VerdictHistory: Sendable {
    /// A thousand outages: months of a bad network, some 200 KiB.
    package static let capacity = 1000

    private var ring: [VerdictChange] = []
    private var oldest = 0
    /// Of the last change; 1 before the first, so that nobody waits for index 0.
    package private(set) var index: UInt64 = 1

    package init() {}

    mutating func add(
        _ datacenter: String, _ scope: VerdictChange.Scope, from: Verdict, to: Verdict, reason: String, stamp: UInt64
    ) {
        index += 1
        let change = VerdictChange(
            index: index, stamp: stamp, datacenter: datacenter, scope: scope, from: from, to: to, reason: reason)
        if ring.count < Self.capacity {
            ring.append(change)
        } else {
            ring[oldest] = change
            oldest = (oldest + 1) % Self.capacity
        }
    }

    /// A datacenter has come or gone.
    mutating func countMembership() { index += 1 }

    package var changes: [VerdictChange] { Array(ring[oldest...] + ring[..<oldest]) }
}
