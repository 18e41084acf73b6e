import GossipCore
package import WireFormat

/// Payload of the key queries (`wire/serf-gossip.md` 5.7).
package struct KeyQuery: WireRecord, Equatable, Sendable {
    package var key: [UInt8] = []

    package init() {}

    package static var fieldNames: [String] { ["Key"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        guard name == "Key" else { return false }
        key = try reader.readBytes() ?? []
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(1)
        writer.write("Key")
        writer.writeRaw(key)
    }
}

package struct KeyResponse: WireRecord, Equatable, Sendable {
    package var isDone = false
    package var message = ""
    /// Base64.
    package var keys: [String]?
    /// Base64.
    package var primaryKey = ""

    package init() {}

    package static var fieldNames: [String] { ["Result", "Message", "Keys", "PrimaryKey"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Result": isDone = try reader.readBool()
        case "Message": message = try reader.readString()
        case "Keys": keys = try reader.read()
        case "PrimaryKey": primaryKey = try reader.readString()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(4)
        writer.write("Keys")
        writer.write(keys)
        writer.write("Message")
        writer.write(message)
        writer.write("PrimaryKey")
        writer.write(primaryKey)
        writer.write("Result")
        writer.write(isDone)
    }
}

/// A member as the answer to a conflict query describes it.
package struct ConflictMember: WireRecord, Equatable, Sendable {
    package var name = ""
    package var address: [UInt8] = []
    package var port: UInt16 = 0
    package var tags: [String: String]?
    package var status = 0
    /// ProtocolMin, Max, Cur, DelegateMin, Max, Cur.
    package var versions: [UInt8] = [0, 0, 0, 0, 0, 0]

    package init() {}

    private static let versionNames = [
        "ProtocolMin", "ProtocolMax", "ProtocolCur", "DelegateMin", "DelegateMax", "DelegateCur",
    ]

    package static var fieldNames: [String] { ["Name", "Addr", "Port", "Tags", "Status"] + versionNames }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Name": self.name = try reader.readString()
        case "Addr": address = try reader.readBytes() ?? []
        case "Port": port = try reader.readUInt16()
        case "Tags": tags = try reader.read()
        case "Status": status = try reader.read()
        default:
            guard let position = Self.versionNames.firstIndex(where: { name == $0 }) else { return false }
            versions[position] = try reader.readUInt8()
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(11)
        writer.write("Addr")
        writer.writeRaw(address)
        for position in [5, 4, 3] {
            writer.write(Self.versionNames[position])
            writer.write(versions[position])
        }
        writer.write("Name")
        writer.write(name)
        writer.write("Port")
        writer.write(port)
        for position in [2, 1, 0] {
            writer.write(Self.versionNames[position])
            writer.write(versions[position])
        }
        writer.write("Status")
        writer.write(status)
        writer.write("Tags")
        writer.write(tags)
    }
}
