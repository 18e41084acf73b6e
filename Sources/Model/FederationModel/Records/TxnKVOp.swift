/// Consul's `TxnKVOp` as servers exchange it; on the wire a map keyed by the Go field names.
package struct TxnKVOp: Equatable, Sendable {
    /// Operation verb.
    package var verb: String
    /// The entry.
    package var dirEnt: DirEntry

    package init(
        verb: String = "",
        dirEnt: DirEntry = DirEntry()
    ) {
        self.verb = verb
        self.dirEnt = dirEnt
    }
}
