/// A state in Consul's form that takes the place of the present one; between agents of ours.
package struct SnapshotRestoreRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// `state.bin` of an archive.
    package var state: ByteString?
    package var write: WriteRequest

    package init(
        datacenter: String = "",
        state: ByteString? = nil,
        write: WriteRequest = WriteRequest()
    ) {
        self.datacenter = datacenter
        self.state = state
        self.write = write
    }
}
