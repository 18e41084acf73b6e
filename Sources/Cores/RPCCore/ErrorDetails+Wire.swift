import FederationModel
import WireFormat

/// In the header of an answer: a map with the keys `Datacenter`, `Near`, `Relay`, `Route` and `Server`, each left out
/// when empty.
extension ErrorDetails {
    /// Names are at most 128 bytes each: a datacenter's name and a node's with it fit, and a header stays small.
    private static let maxNameBytes = 128
    /// Of a route: some eight servers, each with what became of its call.
    private static let maxRouteBytes = 1024

    init(decoding reader: inout MessagePackReader) throws(WireError) {
        self.init()
        for _ in 0..<(try reader.readMapHeader() ?? 0) {
            switch try reader.readString() {
            case "Datacenter": datacenter = Self.cut(try reader.readString())
            case "Server": server = Self.cut(try reader.readString())
            case "Relay": relay = Self.cut(try reader.readString())
            case "Route": route = Self.cut(try reader.readString(), to: Self.maxRouteBytes)
            case "Near":
                for _ in 0..<(try reader.readArrayHeader() ?? 0) {
                    let name = Self.cut(try reader.readString())
                    if nearNames.count < Self.maxNearNames { nearNames.append(name) }
                }
            default: try reader.skip()
            }
        }
    }

    private static func cut(_ name: String, to maxBytes: Int = maxNameBytes) -> String {
        name.utf8.count <= maxBytes ? name : String(decoding: name.utf8.prefix(maxBytes), as: UTF8.self)
    }

    /// Enough for `encoded`.
    var maxByteCount: Int {
        guard !isEmpty else { return 0 }
        return 80 + (3 + Self.maxNearNames) * (Self.maxNameBytes + 5) + min(route.utf8.count, Self.maxRouteBytes)
    }

    var isEmpty: Bool {
        datacenter.isEmpty && server.isEmpty && nearNames.isEmpty && route.isEmpty && relay.isEmpty
    }

    /// Nothing when there is nothing to say.
    var encoded: [UInt8] {
        guard !isEmpty else { return [] }
        var writer = MessagePackWriter(reserving: 64)
        let parts = [datacenter.isEmpty, nearNames.isEmpty, relay.isEmpty, route.isEmpty, server.isEmpty]
        writer.writeMapHeader(parts.count { !$0 })
        if !datacenter.isEmpty {
            writer.write("Datacenter")
            writer.write(Self.cut(datacenter))
        }
        if !nearNames.isEmpty {
            writer.write("Near")
            writer.writeArrayHeader(min(nearNames.count, Self.maxNearNames))
            for name in nearNames.prefix(Self.maxNearNames) { writer.write(Self.cut(name)) }
        }
        if !relay.isEmpty {
            writer.write("Relay")
            writer.write(Self.cut(relay))
        }
        if !route.isEmpty {
            writer.write("Route")
            writer.write(Self.cut(route, to: Self.maxRouteBytes))
        }
        if !server.isEmpty {
            writer.write("Server")
            writer.write(Self.cut(server))
        }
        return writer.bytes
    }
}
