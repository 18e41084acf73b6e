package import FederationModel

extension Tombstone: WireRecord {
    package init() { self.init(datacenter: "", stamp: 0, clusterTag: "", isForced: false, origin: "") }

    package static var fieldNames: [String] {
        ["Datacenter", "Stamp", "ClusterTag", "Forced", "Origin", "Ended", "Servers"]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "Stamp": stamp = try reader.read()
        case "ClusterTag": clusterTag = try reader.read()
        case "Forced": isForced = try reader.read()
        case "Origin": origin = try reader.read()
        case "Ended": endedStamp = try reader.read()
        case "Servers": servers = try reader.read() ?? []
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(7)
        writer.write("ClusterTag")
        writer.write(clusterTag)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("Ended")
        writer.write(endedStamp)
        writer.write("Forced")
        writer.write(isForced)
        writer.write("Origin")
        writer.write(origin)
        writer.write("Servers")
        writer.write(servers)
        writer.write("Stamp")
        writer.write(stamp)
    }

    /// Without what only this server knows.
    package var forOthers: Tombstone {
        var told = self
        told.servers = []
        return told
    }
}

extension Tombstone.Server: WireRecord {
    package init() { self.init(name: "", statusTime: 0, incarnation: 0) }

    package static var fieldNames: [String] { ["Name", "StatusTime", "Incarnation"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Name": self.name = try reader.read()
        case "StatusTime": statusTime = try reader.read()
        case "Incarnation": incarnation = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(3)
        writer.write("Incarnation")
        writer.write(incarnation)
        writer.write("Name")
        writer.write(name)
        writer.write("StatusTime")
        writer.write(statusTime)
    }
}

/// The file of tombstones: a line that names format and version, then their MessagePack.
package enum TombstoneFile {
    private static let head = Array("isthmus tombstones 1\n".utf8)
    /// More than an operator forgets in three days; also of an answer to a ping.
    package static let maxCount = 16

    package static func encode(_ tombstones: [Tombstone]) -> [UInt8] {
        var writer = MessagePackWriter()
        writer.append(head)
        writer.write(tombstones)
        return writer.bytes
    }

    /// - Throws: for another version as well: a datacenter must not come back because a file was not understood.
    package static func decode(_ bytes: [UInt8]) throws(WireError) -> [Tombstone] {
        guard !bytes.isEmpty else { return [] }
        guard bytes.starts(with: head) else {
            throw WireError(.malformed("not a file of tombstones of version 1"), at: 0)
        }
        var reader = MessagePackReader(bytes, from: head.count)
        return Array((try reader.read() as [Tombstone]? ?? []).prefix(maxCount))
    }
}
