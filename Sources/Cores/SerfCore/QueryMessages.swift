package import FederationModel
import GossipCore
package import WireFormat

/// A question to the pool (`wire/serf-gossip.md` 5.7).
package struct QueryMessage: WireRecord, Equatable, Sendable {
    package static let wantsAck: UInt32 = 1
    package static let isNotPassedOn: UInt32 = 2

    package var time: UInt64 = 0
    /// Random, 31 bits.
    package var id: UInt32 = 0
    /// Where answers go.
    package var address: [UInt8] = []
    package var port: UInt16 = 0
    package var sourceNode = ""
    package var filters: [[UInt8]]?
    package var flags: UInt32 = 0
    package var relayFactor: UInt8 = 0
    /// Nanoseconds from receipt.
    package var timeout: Int64 = 0
    package var name = ""
    package var payload: [UInt8]?

    package init() {}

    package static var fieldNames: [String] {
        [
            "LTime", "ID", "Addr", "Port", "SourceNode", "Filters", "Flags", "RelayFactor", "Timeout", "Name",
            "Payload",
        ]
    }

    package var source: Endpoint? { IPAddress(bytes: address).map { Endpoint($0, port) } }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "LTime": time = try reader.readUnsigned()
        case "ID": id = try reader.readUInt32()
        case "Addr": address = try reader.readBytes() ?? []
        case "Port": port = try reader.readUInt16()
        case "SourceNode": sourceNode = try reader.readString()
        case "Filters": filters = (try reader.read() as [ByteString]?)?.map(\.bytes)
        case "Flags": flags = try reader.readUInt32()
        case "RelayFactor": relayFactor = try reader.readUInt8()
        case "Timeout": timeout = try reader.readSigned()
        case "Name": self.name = try reader.readString()
        case "Payload": payload = try reader.readBytes()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(11)
        writer.write("Addr")
        writer.writeRaw(address)
        writer.write("Filters")
        writer.write(filters?.map { ByteString($0) })
        writer.write("Flags")
        writer.write(flags)
        writer.write("ID")
        writer.write(id)
        writer.write("LTime")
        writer.write(time)
        writer.write("Name")
        writer.write(name)
        writer.write("Payload")
        writer.writeRaw(payload)
        writer.write("Port")
        writer.write(port)
        writer.write("RelayFactor")
        writer.write(relayFactor)
        writer.write("SourceNode")
        writer.write(sourceNode)
        writer.write("Timeout")
        writer.write(timeout)
    }
}

/// An ack (flag 1) or an answer.
package struct QueryResponse: WireRecord, Equatable, Sendable {
    package static let isAck: UInt32 = 1

    package var time: UInt64 = 0
    package var id: UInt32 = 0
    package var from = ""
    package var flags: UInt32 = 0
    package var payload: [UInt8]?

    package init() {}

    package static var fieldNames: [String] { ["LTime", "ID", "From", "Flags", "Payload"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "LTime": time = try reader.readUnsigned()
        case "ID": id = try reader.readUInt32()
        case "From": from = try reader.readString()
        case "Flags": flags = try reader.readUInt32()
        case "Payload": payload = try reader.readBytes()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(5)
        writer.write("Flags")
        writer.write(flags)
        writer.write("From")
        writer.write(from)
        writer.write("ID")
        writer.write(id)
        writer.write("LTime")
        writer.write(time)
        writer.write("Payload")
        writer.writeRaw(payload)
    }
}

/// Stands before a response that a third member passes on.
package struct RelayHeader: WireRecord, Equatable, Sendable {
    package var destination = UDPAddress()
    package var name = ""

    package init() {}

    package static var fieldNames: [String] { ["DestAddr", "DestName"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "DestAddr": destination = try reader.read()
        case "DestName": self.name = try reader.readString()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("DestAddr")
        writer.write(destination)
        writer.write("DestName")
        writer.write(name)
    }

    package struct UDPAddress: WireRecord, Equatable, Sendable {
        package var ip: [UInt8] = []
        package var port = 0
        package var zone = ""

        package init() {}

        package static var fieldNames: [String] { ["IP", "Port", "Zone"] }

        package mutating func decode(
            field name: FieldName, from reader: inout MessagePackReader
        ) throws(WireError) -> Bool {
            switch name {
            case "IP": ip = try reader.readBytes() ?? []
            case "Port": port = try reader.read()
            case "Zone": zone = try reader.readString()
            default: return false
            }
            return true
        }

        package func encode(into writer: inout MessagePackWriter) {
            writer.writeMapHeader(3)
            writer.write("IP")
            writer.writeRaw(ip)
            writer.write("Port")
            writer.write(port)
            writer.write("Zone")
            writer.write(zone)
        }

        package var endpoint: Endpoint? {
            guard let port = UInt16(exactly: port), let address = IPAddress(bytes: ip) else { return nil }
            return Endpoint(address, port)
        }
    }
}
