/// Consul's `TxnCheckOp` as servers exchange it; on the wire a map keyed by the Go field names.
package struct TxnCheckOp: Equatable, Sendable {
    /// Operation verb.
    package var verb: String
    /// The check.
    package var check: HealthCheck

    package init(
        verb: String = "",
        check: HealthCheck = HealthCheck()
    ) {
        self.verb = verb
        self.check = check
    }
}
