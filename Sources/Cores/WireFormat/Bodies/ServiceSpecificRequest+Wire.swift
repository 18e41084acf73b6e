package import FederationModel

extension ServiceSpecificRequest: WireRecord {
    package init() { self.init(datacenter: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Datacenter", "NodeMetaFilters", "ServiceName", "ServiceTag", "ServiceTags", "ServiceAddress",
            "TagFilter", "Source", "Connect", "Ingress", "Token", "MinQueryIndex", "MaxQueryTime",
            "AllowStale", "RequireConsistent", "UseCache", "MaxStaleDuration", "MaxAge", "MustRevalidate",
            "StaleIfError", "Filter",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "NodeMetaFilters": nodeMetaFilters = try reader.read()
        case "ServiceName": serviceName = try reader.read()
        case "ServiceTag": serviceTag = try reader.read()
        case "ServiceTags": serviceTags = try reader.read()
        case "ServiceAddress": serviceAddress = try reader.read()
        case "TagFilter": tagFilter = try reader.read()
        case "Source": source = try reader.read()
        case "Connect": connect = try reader.read()
        case "Ingress": ingress = try reader.read()
        default: return try options.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(21)
        writer.write("AllowStale")
        writer.write(options.allowStale)
        writer.write("Connect")
        writer.write(connect)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("Filter")
        writer.write(options.filter)
        writer.write("Ingress")
        writer.write(ingress)
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
        writer.write("NodeMetaFilters")
        writer.write(nodeMetaFilters)
        writer.write("RequireConsistent")
        writer.write(options.requireConsistent)
        writer.write("ServiceAddress")
        writer.write(serviceAddress)
        writer.write("ServiceName")
        writer.write(serviceName)
        writer.write("ServiceTag")
        writer.write(serviceTag)
        writer.write("ServiceTags")
        writer.write(serviceTags)
        writer.write("Source")
        writer.write(source)
        writer.write("StaleIfError")
        writer.write(options.staleIfError)
        writer.write("TagFilter")
        writer.write(tagFilter)
        writer.write("Token")
        writer.write(options.token)
        writer.write("UseCache")
        writer.write(options.useCache)
    }
}
