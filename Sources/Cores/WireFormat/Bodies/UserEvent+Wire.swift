package import FederationModel

extension UserEvent {
    /// The event as agents exchange it inside a Serf user event: a map in the newer MessagePack specification
    /// (`str 8` and `bin` families), empty fields left out (`wire/consul-rpc.md`, EventFireRequest).
    package var encoded: [UInt8] {
        let filters = [("nf", nodeFilter), ("sf", serviceFilter), ("tf", tagFilter)].filter { !$0.1.isEmpty }
        let count = 3 + (payload.isEmpty ? 0 : 1) + filters.count
        var bytes: [UInt8] = [0x80 | UInt8(count)]
        Self.append("ID", to: &bytes)
        Self.append(id, to: &bytes)
        Self.append("n", to: &bytes)
        Self.append(name, to: &bytes)
        for (key, value) in filters where key == "nf" {
            Self.append(key, to: &bytes)
            Self.append(value, to: &bytes)
        }
        if !payload.isEmpty {
            Self.append("p", to: &bytes)
            Self.appendLength(payload.count, families: [0xC4, 0xC5, 0xC6], to: &bytes)
            bytes += payload
        }
        for (key, value) in filters where key != "nf" {
            Self.append(key, to: &bytes)
            Self.append(value, to: &bytes)
        }
        Self.append("v", to: &bytes)
        bytes.append(UInt8(truncatingIfNeeded: version))
        return bytes
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        if text.utf8.count < 32 {
            bytes.append(0xA0 | UInt8(text.utf8.count))
        } else {
            appendLength(text.utf8.count, families: [0xD9, 0xDA, 0xDB], to: &bytes)
        }
        bytes += text.utf8
    }

    /// - Parameter families: lead bytes for lengths of one, two and four bytes.
    private static func appendLength(_ count: Int, families: [UInt8], to bytes: inout [UInt8]) {
        let width = count < 256 ? 1 : count < 65536 ? 2 : 4
        bytes.append(families[width == 1 ? 0 : width == 2 ? 1 : 2])
        for shift in stride(from: 8 * (width - 1), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: count >> shift))
        }
    }

    package init(decoding bytes: [UInt8]) throws(WireError) {
        self.init(version: 0)
        var reader = MessagePackReader(bytes)
        for _ in 0..<(try reader.readMapHeader() ?? 0) {
            switch try reader.readString() {
            case "ID": id = try reader.read()
            case "n": name = try reader.read()
            case "p": payload = try reader.readBytes() ?? []
            case "nf": nodeFilter = try reader.read()
            case "sf": serviceFilter = try reader.read()
            case "tf": tagFilter = try reader.read()
            case "v": version = try reader.read()
            default: try reader.skip()
            }
        }
    }
}
