package import FederationModel

extension Ping: WireRecord {
    package init() { self.init(datacenter: "") }

    package static var fieldNames: [String] { ["Datacenter", "Node"] }

    package mutating func decode(field name: String, from reader: inout MessagePackReader) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "Node": node = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("Node")
        writer.write(node)
    }
}

extension Pong: WireRecord {
    package init() { self.init(datacenter: "") }

    package static var fieldNames: [String] { ["Datacenter", "Node", "ClusterID", "Leader", "Term", "LastContact"] }

    package mutating func decode(field name: String, from reader: inout MessagePackReader) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "Node": node = try reader.read()
        case "ClusterID": clusterID = try reader.read()
        case "Leader": leader = try reader.read()
        case "Term": term = try reader.read()
        case "LastContact": lastContact = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(6)
        writer.write("ClusterID")
        writer.write(clusterID)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("LastContact")
        writer.write(lastContact)
        writer.write("Leader")
        writer.write(leader)
        writer.write("Node")
        writer.write(node)
        writer.write("Term")
        writer.write(term)
    }
}
