/// Fields that Consul embeds in other structures: on the wire they are keys of the outer map.
package struct RaftIndex: Equatable, Sendable {
    /// Raft index of creation.
    package var createIndex: UInt64
    /// Raft index of last change (on writes: the compare value of CAS operations).
    package var modifyIndex: UInt64

    package init(
        createIndex: UInt64 = 0,
        modifyIndex: UInt64 = 0
    ) {
        self.createIndex = createIndex
        self.modifyIndex = modifyIndex
    }
}
