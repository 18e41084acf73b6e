/// Consul's `DatacentersRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct DatacentersRequest: Equatable, Sendable {
    package var options: QueryOptions

    package init(
        options: QueryOptions = QueryOptions()
    ) {
        self.options = options
    }
}
