import Determinism
import FederationModel
import WireFormat

extension JSONWriter {
    /// Tags of our own are left out: Consul's clients compare tags with what they know.
    mutating func write(_ member: PoolMember) {
        beginObject()
        field("Name", member.name)
        field("Addr", member.endpoint.address.description)
        field("Port", Int(member.endpoint.port))
        field("Tags", map: member.tags.filter { $0.key != "cid" && $0.key != "ft_isthmus" })
        field("Status", member.status.rawValue)
        field("ProtocolMin", Int(member.versions.protocolMin))
        field("ProtocolMax", Int(member.versions.protocolMax))
        field("ProtocolCur", Int(member.versions.protocolCurrent))
        field("DelegateMin", Int(member.versions.delegateMin))
        field("DelegateMax", Int(member.versions.delegateMax))
        field("DelegateCur", Int(member.versions.delegateCurrent))
        endObject()
    }

    /// `/v1/agent/self`.
    mutating func write(_ info: SelfInfo, _ context: HTTPContext) {
        beginObject()
        key("Config")
        beginObject()
        field("Datacenter", info.datacenter)
        field("NodeName", info.node)
        field("NodeID", info.nodeID)
        field("Revision", "")
        field("Server", info.isServer)
        field("Version", info.version)
        endObject()
        key("DebugConfig")
        write(context.debugConfiguration)
        key("Coord")
        if let coordinate = info.coordinate { write(coordinate) } else { null() }
        key("Member")
        write(info.member)
        key("Stats")
        beginObject()
        var stats = info.stats
        stats["runtime"] = context.runtime
        for (group, values) in stats.sorted(by: { $0.key < $1.key }) {
            key(text: group)
            beginObject()
            for (name, value) in values.sorted(by: { $0.key < $1.key }) {
                key(text: name)
                write(value)
            }
            endObject()
        }
        endObject()
        field("Meta", map: info.meta)
        endObject()
    }

    mutating func write(_ snapshot: MetricsSnapshot, wallClock: String) {
        beginObject()
        field("Timestamp", wallClock)
        key("Gauges")
        list(snapshot.gauges) { json, gauge in
            json.beginObject()
            json.field("Name", gauge.name)
            json.field("Value", gauge.value)
            json.field("Labels", map: [:])
            json.endObject()
        }
        key("Points")
        beginArray()
        endArray()
        key("Counters")
        list(snapshot.counters) { $0.write($1) }
        key("Samples")
        list(snapshot.samples) { $0.write($1) }
        endObject()
    }

    private mutating func write(_ sample: MetricsSnapshot.Sample) {
        beginObject()
        field("Name", sample.name)
        field("Count", sample.count)
        // The interval of a snapshot is not known here.
        field("Rate", 0.0)
        field("Sum", sample.sum)
        field("Min", sample.min)
        field("Max", sample.max)
        field("Mean", sample.count > 0 ? sample.sum / Double(sample.count) : 0)
        field("Stddev", 0.0)
        field("Labels", map: [:])
        endObject()
    }
}

extension MetricsSnapshot {
    /// Prometheus text format 0.0.4.
    var prometheusText: [UInt8] {
        var text = ""
        for gauge in gauges {
            let name = Self.prometheusName(gauge.name)
            text += "# HELP \(name) \(name)\n# TYPE \(name) gauge\n\(name) \(JSONWriter.goText(gauge.value))\n"
        }
        for counter in counters {
            let name = Self.prometheusName(counter.name)
            text += "# HELP \(name) \(name)\n# TYPE \(name) counter\n\(name) \(JSONWriter.goText(counter.sum))\n"
        }
        for sample in samples {
            let name = Self.prometheusName(sample.name)
            text += "# HELP \(name) \(name)\n# TYPE \(name) summary\n"
            text += "\(name)_sum \(JSONWriter.goText(sample.sum))\n\(name)_count \(sample.count)\n"
        }
        var described = ""
        for pair in pairs {
            let name = Self.prometheusName(pair.name)
            let labels = "from=\"\(Self.label(pair.from))\",to=\"\(Self.label(pair.to))\""
            switch pair.value {
            case .gauge(let value):
                if described != name { text += "# HELP \(name) \(name)\n# TYPE \(name) gauge\n" }
                text += "\(name){\(labels)} \(JSONWriter.goText(value))\n"
            case .histogram(let buckets, let count, let sum):
                if described != name { text += "# HELP \(name) \(name)\n# TYPE \(name) histogram\n" }
                for bucket in buckets {
                    let bound = JSONWriter.goText(bucket.bound)
                    text += "\(name)_bucket{\(labels),le=\"\(bound)\"} \(bucket.count)\n"
                }
                text += "\(name)_bucket{\(labels),le=\"+Inf\"} \(count)\n"
                text += "\(name)_sum{\(labels)} \(JSONWriter.goText(sum))\n\(name)_count{\(labels)} \(count)\n"
            }
            described = name
        }
        return Array(text.utf8)
    }

    /// Peers choose the names of their datacenters: what would end a label is replaced.
    private static func label(_ name: String) -> String {
        let bytes = name.utf8.map { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") ? 95 : $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Letters, digits, `_` and `:` stay.
    private static func prometheusName(_ name: String) -> String {
        String(decoding: name.utf8.map { isNameByte($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: ":"):
            true
        default: false
        }
    }
}
