/// Consul's `KVSRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct KVSRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Operation verb (see section 3.7).
    package var op: String
    /// The entry.
    package var dirEnt: DirEntry
    package var write: WriteRequest

    package init(
        datacenter: String = "",
        op: String = "",
        dirEnt: DirEntry = DirEntry(),
        write: WriteRequest = WriteRequest()
    ) {
        self.datacenter = datacenter
        self.op = op
        self.dirEnt = dirEnt
        self.write = write
    }
}
