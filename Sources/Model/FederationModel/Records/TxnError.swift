/// Consul's `TxnError` as servers exchange it; on the wire a map keyed by the Go field names.
package struct TxnError: Equatable, Sendable {
    /// Failing operation, from 0.
    package var opIndex: Int
    /// Reason.
    package var what: String

    package init(
        opIndex: Int = 0,
        what: String = ""
    ) {
        self.opIndex = opIndex
        self.what = what
    }
}
