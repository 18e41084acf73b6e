/// Consul's `IndexedSessions` as servers exchange it; on the wire a map keyed by the Go field names.
package struct IndexedSessions: Equatable, Sendable {
    /// Result rows.
    package var sessions: [Session]?
    package var meta: QueryMeta

    package init(
        sessions: [Session]? = nil,
        meta: QueryMeta = QueryMeta()
    ) {
        self.sessions = sessions
        self.meta = meta
    }
}
