package import FederationModel

extension VerdictAnnouncement: WireRecord {
    package init() { self.init(observer: "", server: "", datacenter: "", verdict: .up, stamp: 0) }

    package static var fieldNames: [String] { ["Observer", "Server", "Datacenter", "Verdict", "Stamp"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Observer": observer = try reader.read()
        case "Server": server = try reader.read()
        case "Datacenter": datacenter = try reader.read()
        case "Verdict":
            let word: String = try reader.read()
            guard let known = Verdict(rawValue: word) else {
                throw WireError(.malformed("\"\(word)\" is no verdict"), at: 0)
            }
            verdict = known
        case "Stamp": stamp = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(5)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("Observer")
        writer.write(observer)
        writer.write("Server")
        writer.write(server)
        writer.write("Stamp")
        writer.write(stamp)
        writer.write("Verdict")
        writer.write(verdict.rawValue)
    }
}
