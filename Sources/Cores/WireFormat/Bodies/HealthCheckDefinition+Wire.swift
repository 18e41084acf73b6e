package import FederationModel

extension HealthCheckDefinition: WireRecord {
    package init() { self.init(http: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "HTTP", "TLSSkipVerify", "Header", "Method", "Body", "TCP", "Interval", "OutputMaxSize", "Timeout",
            "DeregisterCriticalServiceAfter", "ScriptArgs", "DockerContainerID", "Shell", "GRPC", "GRPCUseTLS",
            "AliasNode", "AliasService", "TTL",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "HTTP": http = try reader.read()
        case "TLSSkipVerify": tlsSkipVerify = try reader.read()
        case "Header": header = try reader.read()
        case "Method": method = try reader.read()
        case "Body": body = try reader.read()
        case "TCP": tcp = try reader.read()
        case "Interval": interval = try reader.read()
        case "OutputMaxSize": outputMaxSize = try reader.read()
        case "Timeout": timeout = try reader.read()
        case "DeregisterCriticalServiceAfter": deregisterCriticalServiceAfter = try reader.read()
        case "ScriptArgs": scriptArgs = try reader.read()
        case "DockerContainerID": dockerContainerID = try reader.read()
        case "Shell": shell = try reader.read()
        case "GRPC": grpc = try reader.read()
        case "GRPCUseTLS": grpcUseTLS = try reader.read()
        case "AliasNode": aliasNode = try reader.read()
        case "AliasService": aliasService = try reader.read()
        case "TTL": ttl = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(18)
        writer.write("AliasNode")
        writer.write(aliasNode)
        writer.write("AliasService")
        writer.write(aliasService)
        writer.write("Body")
        writer.write(body)
        writer.write("DeregisterCriticalServiceAfter")
        writer.write(deregisterCriticalServiceAfter)
        writer.write("DockerContainerID")
        writer.write(dockerContainerID)
        writer.write("GRPC")
        writer.write(grpc)
        writer.write("GRPCUseTLS")
        writer.write(grpcUseTLS)
        writer.write("HTTP")
        writer.write(http)
        writer.write("Header")
        writer.write(header)
        writer.write("Interval")
        writer.write(interval)
        writer.write("Method")
        writer.write(method)
        writer.write("OutputMaxSize")
        writer.write(outputMaxSize)
        writer.write("ScriptArgs")
        writer.write(scriptArgs)
        writer.write("Shell")
        writer.write(shell)
        writer.write("TCP")
        writer.write(tcp)
        writer.write("TLSSkipVerify")
        writer.write(tlsSkipVerify)
        writer.write("TTL")
        writer.write(ttl)
        writer.write("Timeout")
        writer.write(timeout)
    }
}
