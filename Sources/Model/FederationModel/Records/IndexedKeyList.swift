/// Consul's `IndexedKeyList` as servers exchange it; on the wire a map keyed by the Go field names.
package struct IndexedKeyList: Equatable, Sendable {
    /// Keys.
    package var keys: [ByteString]?
    package var meta: QueryMeta

    package init(
        keys: [ByteString]? = nil,
        meta: QueryMeta = QueryMeta()
    ) {
        self.keys = keys
        self.meta = meta
    }
}
