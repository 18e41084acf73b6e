package import FederationModel

// Read for each ping: here the compiler makes the generic reader one for these records, which it does not do for
// another module.
extension Ping {
    package init(decoding bytes: [UInt8]) throws(WireError) {
        var reader = MessagePackReader(bytes)
        self = try reader.read()
    }
}

extension Pong {
    package init(decoding bytes: [UInt8]) throws(WireError) {
        var reader = MessagePackReader(bytes)
        self = try reader.read()
    }
}

extension Ping: WireRecord {
    package init() { self.init(datacenter: "") }

    package static var fieldNames: [String] { ["Datacenter", "Node", "WantedRows", "Forgotten", "RowStamp"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "Node": node = try reader.read()
        case "WantedRows": wantedRows = try reader.read() ?? []
        case "RowStamp": rowStamp = try reader.read()
        case "Forgotten": forgottenStamp = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        let ours = (rowStamp > 0 ? 1 : 0) + (wantedRows.isEmpty ? 0 : 1) + (forgottenStamp == 0 ? 0 : 1)
        writer.writeMapHeader(2 + ours)
        writer.write("Datacenter")
        writer.write(datacenter)
        if forgottenStamp != 0 {
            writer.write("Forgotten")
            writer.write(forgottenStamp)
        }
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
        [
            "Datacenter", "Node", "ClusterID", "Leader", "Term", "LastContact", "Rows", "Incarnation", "Forgotten",
            "RowHolds",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "Node": node = try reader.read()
        case "ClusterID": clusterID = try reader.read()
        case "Leader": leader = try reader.read()
        case "Term": term = try reader.read()
        case "LastContact": lastContact = try reader.read()
        case "Rows": rows = try reader.readBytes() ?? []
        case "RowHolds": isRowHeldGood = try reader.read()
        case "Incarnation": incarnation = try reader.read()
        case "Forgotten": forgotten = try reader.readBytes() ?? []
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        let ours = (rows.isEmpty ? 0 : 1) + (incarnation == 0 ? 0 : 1) + (forgotten.isEmpty ? 0 : 1)
        writer.writeMapHeader(6 + ours + (isRowHeldGood ? 1 : 0))
        writer.write("ClusterID")
        writer.write(clusterID)
        writer.write("Datacenter")
        writer.write(datacenter)
        if !forgotten.isEmpty {
            writer.write("Forgotten")
            writer.writeRaw(forgotten)
        }
        if incarnation != 0 {
            writer.write("Incarnation")
            writer.write(incarnation)
        }
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
