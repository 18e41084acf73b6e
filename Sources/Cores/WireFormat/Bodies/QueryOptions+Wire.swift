package import FederationModel

extension QueryOptions: WireRecord {
    package init() { self.init(token: "") }

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
        switch name {
        case "Token": token = try reader.read()
        case "MinQueryIndex": minQueryIndex = try reader.read()
        case "MaxQueryTime": maxQueryTime = try reader.read()
        case "AllowStale": allowStale = try reader.read()
        case "RequireConsistent": requireConsistent = try reader.read()
        case "UseCache": useCache = try reader.read()
        case "MaxStaleDuration": maxStaleDuration = try reader.read()
        case "MaxAge": maxAge = try reader.read()
        case "MustRevalidate": mustRevalidate = try reader.read()
        case "StaleIfError": staleIfError = try reader.read()
        case "Filter": filter = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(11)
        writer.write("AllowStale")
        writer.write(allowStale)
        writer.write("Filter")
        writer.write(filter)
        writer.write("MaxAge")
        writer.write(maxAge)
        writer.write("MaxQueryTime")
        writer.write(maxQueryTime)
        writer.write("MaxStaleDuration")
        writer.write(maxStaleDuration)
        writer.write("MinQueryIndex")
        writer.write(minQueryIndex)
        writer.write("MustRevalidate")
        writer.write(mustRevalidate)
        writer.write("RequireConsistent")
        writer.write(requireConsistent)
        writer.write("StaleIfError")
        writer.write(staleIfError)
        writer.write("Token")
        writer.write(token)
        writer.write("UseCache")
        writer.write(useCache)
    }
}
