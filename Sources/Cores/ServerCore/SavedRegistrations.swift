import FederationModel
package import WireFormat

/// The file of registrations that came over HTTP: a MessagePack map of two lists.
struct SavedRegistrations: Equatable, Sendable, WireRecord {
    var services: [ServiceDefinition] = []
    var checks: [CheckDefinition] = []

    static var fieldNames: [String] { ["Services", "Checks"] }

    mutating func decode(field name: FieldName, from reader: inout MessagePackReader) throws(WireError) -> Bool {
        switch name {
        case "Services": services = try reader.read() ?? []
        case "Checks": checks = try reader.read() ?? []
        default: return false
        }
        return true
    }

    func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("Checks")
        writer.write(checks)
        writer.write("Services")
        writer.write(services)
    }
}

extension ServiceDefinition: WireRecord {
    package static var fieldNames: [String] {
        [
            "ID", "Name", "Tags", "Address", "Port", "Meta", "TaggedAddresses", "Weights", "EnableTagOverride", "Kind",
            "ConnectNative",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "ID": id = try reader.read()
        case "Name": self.name = try reader.read()
        case "Tags": tags = try reader.read() ?? []
        case "Address": address = try reader.read()
        case "Port": port = try reader.read()
        case "Meta": meta = try reader.read() ?? [:]
        case "TaggedAddresses": taggedAddresses = try reader.read() ?? [:]
        case "Weights": weights = try reader.read()
        case "EnableTagOverride": enableTagOverride = try reader.read()
        case "Kind": kind = try reader.read()
        case "ConnectNative": isConnectNative = try reader.read()
        default: return false
        }
        return true
    }

    /// Checks are saved beside the services, not inside them.
    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(11)
        writer.write("Address")
        writer.write(address)
        writer.write("ConnectNative")
        writer.write(isConnectNative)
        writer.write("EnableTagOverride")
        writer.write(enableTagOverride)
        writer.write("ID")
        writer.write(id)
        writer.write("Kind")
        writer.write(kind)
        writer.write("Meta")
        writer.write(meta)
        writer.write("Name")
        writer.write(name)
        writer.write("Port")
        writer.write(port)
        writer.write("TaggedAddresses")
        writer.write(taggedAddresses)
        writer.write("Tags")
        writer.write(tags)
        writer.write("Weights")
        writer.write(weights)
    }
}

extension CheckDefinition: WireRecord {
    package static var fieldNames: [String] { [] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "AliasNode": aliasNode = try reader.read()
        case "AliasService": aliasService = try reader.read()
        case "Body": body = try reader.read()
        case "DeregisterCriticalServiceAfter": deregisterCriticalServiceAfter = try Self.duration(&reader)
        case "FailuresBeforeCritical": failuresBeforeCritical = try reader.read()
        case "HTTP": http = try reader.read()
        case "Header": header = try reader.read() ?? [:]
        case "ID": id = try reader.read()
        case "InitialStatus": initialStatus = try reader.read()
        case "Interval": interval = try Self.duration(&reader)
        case "Method": method = try reader.read()
        case "Name": self.name = try reader.read()
        case "Notes": notes = try reader.read()
        case "OutputMaxSize": outputMaxSize = try reader.read()
        case "ServiceID": serviceID = try reader.read()
        case "SuccessBeforePassing": successBeforePassing = try reader.read()
        case "TCP": tcp = try reader.read()
        case "TLSServerName": tlsServerName = try reader.read()
        case "TLSSkipVerify": tlsSkipVerify = try reader.read()
        case "TTL": ttl = try Self.duration(&reader)
        case "Timeout": timeout = try Self.duration(&reader)
        default: return false
        }
        return true
    }

    private static func duration(_ reader: inout MessagePackReader) throws(WireError) -> Duration? {
        reader.readNil() ? nil : try reader.read()
    }

    package func encode(into writer: inout MessagePackWriter) {
        func write(_ key: String, _ duration: Duration?) {
            writer.write(key)
            if let duration { writer.write(duration) } else { writer.writeNil() }
        }
        func write(_ key: String, _ text: String) {
            writer.write(key)
            writer.write(text)
        }
        func write(_ key: String, _ number: Int) {
            writer.write(key)
            writer.write(number)
        }
        writer.writeMapHeader(21)
        write("AliasNode", aliasNode)
        write("AliasService", aliasService)
        write("Body", body)
        write("DeregisterCriticalServiceAfter", deregisterCriticalServiceAfter)
        write("FailuresBeforeCritical", failuresBeforeCritical)
        write("HTTP", http)
        writer.write("Header")
        writer.write(header)
        write("ID", id)
        write("InitialStatus", initialStatus)
        write("Interval", interval)
        write("Method", method)
        write("Name", name)
        write("Notes", notes)
        write("OutputMaxSize", outputMaxSize)
        write("ServiceID", serviceID)
        write("SuccessBeforePassing", successBeforePassing)
        write("TCP", tcp)
        write("TLSServerName", tlsServerName)
        writer.write("TLSSkipVerify")
        writer.write(tlsSkipVerify)
        write("TTL", ttl)
        write("Timeout", timeout)
    }
}
