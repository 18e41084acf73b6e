package import FederationModel
package import WireFormat

/// Asks `node` for an ack (`wire/serf-gossip.md` 3.1).
package struct GossipPing: WireRecord, Equatable, Sendable {
    package var sequence: UInt32 = 0
    /// Intended receiver; another node stays silent. Empty: anyone.
    package var node = ""
    /// Where the ack goes when both are set; else to the datagram's source.
    package var sourceAddress: [UInt8] = []
    package var sourcePort: UInt16 = 0
    package var sourceNode = ""

    package init() {}

    package static var fieldNames: [String] { ["SeqNo", "Node", "SourceAddr", "SourcePort", "SourceNode"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "SeqNo": sequence = try reader.readUInt32()
        case "Node": node = try reader.readString()
        case "SourceAddr": sourceAddress = try reader.readBytes() ?? []
        case "SourcePort": sourcePort = try reader.readUInt16()
        case "SourceNode": sourceNode = try reader.readString()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        let source = PingSource(address: sourceAddress, port: sourcePort, node: sourceNode)
        writer.writeMapHeader(2 + source.fieldCount)
        writer.write("Node")
        writer.write(node)
        writer.write("SeqNo")
        writer.write(sequence)
        source.encode(into: &writer)
    }

    package var source: Endpoint? { PingSource(address: sourceAddress, port: sourcePort, node: sourceNode).endpoint }
}

/// Asks the receiver to ping `target` (`wire/serf-gossip.md` 3.2).
package struct IndirectPing: WireRecord, Equatable, Sendable {
    package var sequence: UInt32 = 0
    package var target: [UInt8] = []
    package var port: UInt16 = 0
    package var node = ""
    /// True when the asker understands a nack.
    package var wantsNack = false
    package var sourceAddress: [UInt8] = []
    package var sourcePort: UInt16 = 0
    package var sourceNode = ""

    package init() {}

    package static var fieldNames: [String] {
        ["SeqNo", "Target", "Port", "Node", "Nack", "SourceAddr", "SourcePort", "SourceNode"]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "SeqNo": sequence = try reader.readUInt32()
        case "Target": target = try reader.readBytes() ?? []
        case "Port": port = try reader.readUInt16()
        case "Node": node = try reader.readString()
        case "Nack": wantsNack = try reader.readBool()
        case "SourceAddr": sourceAddress = try reader.readBytes() ?? []
        case "SourcePort": sourcePort = try reader.readUInt16()
        case "SourceNode": sourceNode = try reader.readString()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        let source = PingSource(address: sourceAddress, port: sourcePort, node: sourceNode)
        writer.writeMapHeader(5 + source.fieldCount)
        writer.write("Nack")
        writer.write(wantsNack)
        writer.write("Node")
        writer.write(node)
        writer.write("Port")
        writer.write(port)
        writer.write("SeqNo")
        writer.write(sequence)
        source.encode(into: &writer)
        writer.write("Target")
        writer.writeRaw(target)
    }

    package var source: Endpoint? { PingSource(address: sourceAddress, port: sourcePort, node: sourceNode).endpoint }
}

/// The three fields both pings share; each is left out when empty.
private struct PingSource {
    var address: [UInt8]
    var port: UInt16
    var node: String

    var fieldCount: Int { (address.isEmpty ? 0 : 1) + (port == 0 ? 0 : 1) + (node.isEmpty ? 0 : 1) }

    var endpoint: Endpoint? {
        guard port != 0, let address = IPAddress(bytes: address) else { return nil }
        return Endpoint(address, port)
    }

    func encode(into writer: inout MessagePackWriter) {
        if !address.isEmpty {
            writer.write("SourceAddr")
            writer.writeRaw(address)
        }
        if !node.isEmpty {
            writer.write("SourceNode")
            writer.write(node)
        }
        if port != 0 {
            writer.write("SourcePort")
            writer.write(port)
        }
    }
}

/// Answer to a ping (`wire/serf-gossip.md` 3.3).
package struct Ack: WireRecord, Equatable, Sendable {
    package var sequence: UInt32 = 0
    /// Serf's coordinate on direct datagram pings; nil when relayed and on streams.
    package var payload: [UInt8]?

    package init() {}

    package init(sequence: UInt32, payload: [UInt8]? = nil) {
        self.sequence = sequence
        self.payload = payload
    }

    package static var fieldNames: [String] { ["SeqNo", "Payload"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "SeqNo": sequence = try reader.readUInt32()
        case "Payload": payload = try reader.readBytes()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("Payload")
        writer.writeRaw(payload)
        writer.write("SeqNo")
        writer.write(sequence)
    }
}

/// A relay reached no one in time; the probe goes on (`wire/serf-gossip.md` 3.4).
package struct Nack: WireRecord, Equatable, Sendable {
    package var sequence: UInt32 = 0

    package init() {}
    package init(sequence: UInt32) { self.sequence = sequence }

    package static var fieldNames: [String] { ["SeqNo"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        guard name == "SeqNo" else { return false }
        sequence = try reader.readUInt32()
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(1)
        writer.write("SeqNo")
        writer.write(sequence)
    }
}
