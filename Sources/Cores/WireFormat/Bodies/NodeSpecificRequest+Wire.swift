package import FederationModel

extension NodeSpecificRequest: WireRecord {
    package init() { self.init(datacenter: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Datacenter", "Node", "Token", "MinQueryIndex", "MaxQueryTime", "AllowStale", "RequireConsistent",
            "UseCache", "MaxStaleDuration", "MaxAge", "MustRevalidate", "StaleIfError", "Filter",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "Node": node = try reader.read()
        default: return try options.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(13)
        writer.write("AllowStale")
        writer.write(options.allowStale)
        writer.write("Datacenter")
        writer.write(datacenter)
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
        writer.write("Node")
        writer.write(node)
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
