import GossipCore
package import WireFormat

/// A user event on its way (`wire/serf-gossip.md` 5.6).
package struct UserEventMessage: WireRecord, Equatable, Sendable {
    package var time: UInt64 = 0
    package var name = ""
    package var payload: [UInt8]?
    package var mayCoalesce = false

    package init() {}

    package static var fieldNames: [String] { ["LTime", "Name", "Payload", "CC"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "LTime": time = try reader.readUnsigned()
        case "Name": self.name = try reader.readString()
        case "Payload": payload = try reader.readBytes()
        case "CC": mayCoalesce = try reader.readBool()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(4)
        writer.write("CC")
        writer.write(mayCoalesce)
        writer.write("LTime")
        writer.write(time)
        writer.write("Name")
        writer.write(name)
        writer.write("Payload")
        writer.writeRaw(payload)
    }
}

/// One event of a slot in a push/pull.
package struct RememberedEvent: WireRecord, Equatable, Sendable {
    package var name = ""
    package var payload: [UInt8]?

    package init() {}

    package static var fieldNames: [String] { ["Name", "Payload"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Name": self.name = try reader.readString()
        case "Payload": payload = try reader.readBytes()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("Name")
        writer.write(name)
        writer.write("Payload")
        writer.writeRaw(payload)
    }
}

/// All events of one Lamport time.
package struct EventSlot: WireRecord, Equatable, Sendable {
    package var time: UInt64 = 0
    package var events: [RememberedEvent]?

    package init() {}

    package static var fieldNames: [String] { ["LTime", "Events"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "LTime": time = try reader.readUnsigned()
        case "Events": events = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("Events")
        writer.write(events)
        writer.write("LTime")
        writer.write(time)
    }
}

/// Serf's part of a push/pull (`wire/serf-gossip.md` 5.5).
package struct SerfState: WireRecord, Equatable, Sendable {
    package var time: UInt64 = 0
    package var statusTimes: [String: UInt64] = [:]
    package var leftMembers: [String]? = []
    package var eventTime: UInt64 = 0
    /// By time modulo the size of the ring; nil for an empty slot.
    package var events: [EventSlot?] = []
    package var queryTime: UInt64 = 0

    package init() {}

    package static var fieldNames: [String] {
        ["LTime", "StatusLTimes", "LeftMembers", "EventLTime", "Events", "QueryLTime"]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "LTime": time = try reader.readUnsigned()
        case "StatusLTimes":
            for _ in 0..<(try reader.readMapHeader() ?? 0) {
                try reader.charge(64)
                let member = try reader.readString()
                statusTimes[member] = try reader.readUnsigned()
            }
        case "LeftMembers": leftMembers = try reader.read()
        case "EventLTime": eventTime = try reader.readUnsigned()
        case "Events":
            for _ in 0..<(try reader.readArrayHeader() ?? 0) {
                try reader.charge(MemoryLayout<EventSlot?>.stride)
                events.append(reader.readNil() ? nil : try reader.read())
            }
        case "QueryLTime": queryTime = try reader.readUnsigned()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(6)
        writer.write("EventLTime")
        writer.write(eventTime)
        writer.write("Events")
        writer.writeArrayHeader(events.count)
        // Most of the 512 are empty: nothing generic is called for them.
        for slot in events { if let slot { writer.write(slot) } else { writer.writeNil() } }
        writer.write("LTime")
        writer.write(time)
        writer.write("LeftMembers")
        writer.write(leftMembers)
        writer.write("QueryLTime")
        writer.write(queryTime)
        writer.write("StatusLTimes")
        writer.writeMapHeader(statusTimes.count)
        for (name, time) in statusTimes.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            writer.write(name)
            writer.write(time)
        }
    }
}
