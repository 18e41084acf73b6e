import FederationModel
import WireFormat

/// In the header of an error answer: a map with the keys `Datacenter`, `Near` and `Server`, each left out when empty.
extension ErrorDetails {
    /// Names are at most 128 bytes each: a datacenter's name and a node's with it fit, and a header stays small.
    private static let maxNameBytes = 128

    init(decoding reader: inout MessagePackReader) throws(WireError) {
        self.init()
        for _ in 0..<(try reader.readMapHeader() ?? 0) {
            switch try reader.readString() {
            case "Datacenter": datacenter = Self.cut(try reader.readString())
            case "Server": server = Self.cut(try reader.readString())
            case "Near":
                for _ in 0..<(try reader.readArrayHeader() ?? 0) {
                    let name = Self.cut(try reader.readString())
                    if nearNames.count < Self.maxNearNames { nearNames.append(name) }
                }
            default: try reader.skip()
            }
        }
    }

    private static func cut(_ name: String) -> String {
        name.utf8.count <= maxNameBytes ? name : String(decoding: name.utf8.prefix(maxNameBytes), as: UTF8.self)
    }

    /// Enough for `encoded`.
    var maxByteCount: Int { isEmpty ? 0 : 64 + (2 + Self.maxNearNames) * (Self.maxNameBytes + 5) }

    private var isEmpty: Bool { datacenter.isEmpty && server.isEmpty && nearNames.isEmpty }

    /// Nothing when there is nothing to say.
    var encoded: [UInt8] {
        guard !isEmpty else { return [] }
        var writer = MessagePackWriter(reserving: 64)
        writer.writeMapHeader([!datacenter.isEmpty, !nearNames.isEmpty, !server.isEmpty].count { $0 })
        if !datacenter.isEmpty {
            writer.write("Datacenter")
            writer.write(Self.cut(datacenter))
        }
        if !nearNames.isEmpty {
            writer.write("Near")
            writer.writeArrayHeader(min(nearNames.count, Self.maxNearNames))
            for name in nearNames.prefix(Self.maxNearNames) { writer.write(Self.cut(name)) }
        }
        if !server.isEmpty {
            writer.write("Server")
            writer.write(Self.cut(server))
        }
        return writer.bytes
    }
}
