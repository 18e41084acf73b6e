/// Consul's `DirEntry` as servers exchange it; on the wire a map keyed by the Go field names.
package struct DirEntry: Equatable, Sendable {
    /// Times the key was locked.
    package var lockIndex: UInt64
    /// Key.
    package var key: ByteString
    /// Opaque client number.
    package var flags: UInt64
    /// Raw bytes or nil.
    package var value: ByteString?
    /// Session holding the lock, else empty.
    package var session: String
    package var raftIndex: RaftIndex

    package init(
        lockIndex: UInt64 = 0,
        key: ByteString = ByteString(),
        flags: UInt64 = 0,
        value: ByteString? = nil,
        session: String = "",
        raftIndex: RaftIndex = RaftIndex()
    ) {
        self.lockIndex = lockIndex
        self.key = key
        self.flags = flags
        self.value = value
        self.session = session
        self.raftIndex = raftIndex
    }
}
