package import FederationModel

extension DatacentersRequest: WireRecord {
    package init() { self.init(options: QueryOptions()) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Token", "MinQueryIndex", "MaxQueryTime", "AllowStale", "RequireConsistent", "UseCache",
            "MaxStaleDuration", "MaxAge", "MustRevalidate", "StaleIfError", "Filter",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        try options.decode(field: name, from: &reader)
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(11)
        writer.write("AllowStale")
        writer.write(options.allowStale)
        writer.write("Filter")
        writer.write(options.filter)
        writer.write("MaxAge")
        writer.write(options.maxAge)
        writer.write("MaxQueryTime")
        writer.write(options.maxQueryTime)
        writer.write("MaxStaleDuration")
        writer.write(options.maxStaleDuration)
        writer.write("MinQueryIndex")
        writer.write(options.minQueryIndex)
        writer.write("MustRevalidate")
        writer.write(options.mustRevalidate)
        writer.write("RequireConsistent")
        writer.write(options.requireConsistent)
        writer.write("StaleIfError")
        writer.write(options.staleIfError)
        writer.write("Token")
        writer.write(options.token)
        writer.write("UseCache")
        writer.write(options.useCache)
    }
}
