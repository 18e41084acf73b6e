/// The archive of a datacenter's state, from a server of ours to another agent of ours.
package struct SnapshotReply: Equatable, Sendable {
    /// A tar in Consul's form, not compressed.
    package var archive: ByteString?
    package var meta: QueryMeta

    package init(
        archive: ByteString? = nil,
        meta: QueryMeta = QueryMeta()
    ) {
        self.archive = archive
        self.meta = meta
    }
}
