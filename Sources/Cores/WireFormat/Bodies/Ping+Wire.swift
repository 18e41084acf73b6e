package import FederationModel

extension Ping: WireRecord {
    package init() { self.init(datacenter: "") }

    package static var fieldNames: [String] { ["Datacenter", "Node", "WantedRows", "RowStamp"] }

    package mutating func decode(field name: String, from reader: inout MessagePackReader) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "Node": node = try reader.read()
        case "WantedRows": wantedRows = try reader.read() ?? []
        case "RowStamp": rowStamp = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2 + (rowStamp > 0 ? 1 : 0) + (wantedRows.isEmpty ? 0 : 1))
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("Node")
        writer.write(node)
        if rowStamp > 0 {
            writer.write("RowStamp")
            writer.write(rowStamp)
        }
        guard !wantedRows.isEmpty else { return }
        writer.write("WantedRows")
        writer.write(wantedRows)
    }
}

extension Pong: WireRecord {
    package init() { self.init(datacenter: "") }

    package static var fieldNames: [String] {
        ["Datacenter", "Node", "ClusterID", "Leader", "Term", "LastContact", "Rows", "RowHolds"]
    }

    package mutating func decode(field name: String, from reader: inout MessagePackReader) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "Node": node = try reader.read()
        case "ClusterID": clusterID = try reader.read()
        case "Leader": leader = try reader.read()
        case "Term": term = try reader.read()
        case "LastContact": lastContact = try reader.read()
        case "Rows": rows = try reader.readBytes() ?? []
        case "RowHolds": isRowHeldGood = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(6 + (isRowHeldGood ? 1 : 0) + (rows.isEmpty ? 0 : 1))
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
        if isRowHeldGood {
            writer.write("RowHolds")
            writer.write(true)
        }
        if !rows.isEmpty {
            writer.write("Rows")
            writer.writeRaw(rows)
        }
        writer.write("Term")
        writer.write(term)
    }
}
