package import FederationModel

extension ServerHealth: WireRecord {
    package init() { self.init(id: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "ID", "Name", "Address", "SerfStatus", "Version", "Leader", "LastContact", "LastTerm", "LastIndex",
            "Healthy", "Voter", "StableSince",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "ID": id = try reader.read()
        case "Name": self.name = try reader.read()
        case "Address": address = try reader.read()
        case "SerfStatus": serfStatus = try reader.read()
        case "Version": version = try reader.read()
        case "Leader": leader = try reader.read()
        case "LastContact": lastContact = try reader.read()
        case "LastTerm": lastTerm = try reader.read()
        case "LastIndex": lastIndex = try reader.read()
        case "Healthy": healthy = try reader.read()
        case "Voter": voter = try reader.read()
        case "StableSince": stableSince = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(12)
        writer.write("Address")
        writer.write(address)
        writer.write("Healthy")
        writer.write(healthy)
        writer.write("ID")
        writer.write(id)
        writer.write("LastContact")
        writer.write(lastContact)
        writer.write("LastIndex")
        writer.write(lastIndex)
        writer.write("LastTerm")
        writer.write(lastTerm)
        writer.write("Leader")
        writer.write(leader)
        writer.write("Name")
        writer.write(name)
        writer.write("SerfStatus")
        writer.write(serfStatus)
        writer.write("StableSince")
        writer.write(stableSince)
        writer.write("Version")
        writer.write(version)
        writer.write("Voter")
        writer.write(voter)
    }
}
