/// Consul's snapshot archive without its gzip: a tar of `meta.json`, `state.bin` and `SHA256SUMS`. Bytes in, bytes
/// out: compressing is a shell's.
package struct SnapshotArchive: Equatable, Sendable {
    package struct Meta: Equatable, Sendable {
        package var id = ""
        package var index: UInt64 = 0
        package var term: UInt64 = 0
        /// The leader and its peers, as Consul's Raft names them.
        package var servers: [(id: String, address: String)] = []
        package var version = 1
        package var size = 0

        package init() {}

        package static func == (left: Meta, right: Meta) -> Bool {
            left.id == right.id && left.index == right.index && left.term == right.term
                && left.version == right.version && left.size == right.size
                && left.servers.elementsEqual(right.servers) { $0 == $1 }
        }
    }

    package struct Problem: Error, Equatable, Sendable {
        package var text: String

        init(_ text: String) { self.text = text }
    }

    package var meta: Meta
    package var state: [UInt8]

    package init(meta: Meta, state: [UInt8]) {
        self.meta = meta
        self.state = state
        self.meta.size = state.count
    }

    // MARK: Writing

    /// - Parameter time: of the files, seconds since 1970.
    package func tar(time: Int64) -> [UInt8] {
        let meta = metaJSON
        let sums = SHA256.hex(meta) + "  meta.json\n" + SHA256.hex(state) + "  state.bin\n"
        var bytes: [UInt8] = []
        bytes.reserveCapacity(state.count + 8192)
        Self.add("meta.json", meta, time, to: &bytes)
        Self.add("state.bin", state, time, to: &bytes)
        Self.add("SHA256SUMS", Array(sums.utf8), time, to: &bytes)
        bytes.append(contentsOf: [UInt8](repeating: 0, count: 1024))
        return bytes
    }

    private var metaJSON: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("Version")
        json.write(meta.version)
        json.key("ID")
        json.write(meta.id)
        json.key("Index")
        json.write(meta.index)
        json.key("Term")
        json.write(meta.term)
        json.key("Peers")
        var peers = MessagePackWriter()
        peers.write(meta.servers.map(\.address) as [String]?)
        json.base64(peers.bytes)
        json.key("Configuration")
        json.beginObject()
        json.key("Servers")
        json.beginArray()
        for server in meta.servers {
            json.beginObject()
            json.key("Suffrage")
            json.write(0)
            json.key("ID")
            json.write(server.id)
            json.key("Address")
            json.write(server.address)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        json.key("ConfigurationIndex")
        json.write(1)
        json.key("Size")
        json.write(state.count)
        json.endObject()
        return json.finished() + [UInt8(ascii: "\n")]
    }

    /// A plain header of POSIX.1-1988 with an owner of 0, as Go writes it.
    private static func add(_ name: String, _ content: [UInt8], _ time: Int64, to bytes: inout [UInt8]) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int64, _ digits: Int) -> String {
            let text = String(max(0, value), radix: 8)
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text.suffix(digits)
        }
        put(name, at: 0)
        put("0000600", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(octal(Int64(content.count), 11), at: 124)
        put(octal(time, 11), at: 136)
        put("        ", at: 148)
        header[156] = UInt8(ascii: "0")
        put("ustar", at: 257)
        put("00", at: 263)
        let sum = header.reduce(0) { $0 + Int64($1) }
        put(octal(sum, 6), at: 148)
        header[154] = 0
        bytes.append(contentsOf: header)
        bytes.append(contentsOf: content)
        bytes.append(contentsOf: [UInt8](repeating: 0, count: (512 - content.count % 512) % 512))
    }

    // MARK: Reading

    /// Reads and verifies: both files there, and their sums as written.
    package init(tar bytes: [UInt8]) throws(Problem) {
        var files: [String: ArraySlice<UInt8>] = [:]
        var offset = 0
        while offset + 512 <= bytes.count, bytes[offset] != 0 {
            let name = Self.text(bytes[offset..<offset + 100])
            let digits = Self.text(bytes[offset + 124..<offset + 136])
            guard let size = Int(digits.filter { $0 != " " }, radix: 8), size >= 0,
                size <= bytes.count - offset - 512
            else { throw Problem("failed to read snapshot: unexpected EOF") }
            files[name] = bytes[offset + 512..<offset + 512 + size]
            offset += 512 + (size + 511) / 512 * 512
        }
        guard let json = files["meta.json"], let state = files["state.bin"], let sums = files["SHA256SUMS"] else {
            throw Problem("failed to read snapshot: meta.json, state.bin or SHA256SUMS is missing")
        }
        for line in String(decoding: sums, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ", omittingEmptySubsequences: true)
            guard parts.count == 2, let content = files[String(parts[1])] else {
                throw Problem("failed to read snapshot: list of checksums cannot be read")
            }
            guard SHA256.hex(Array(content)) == parts[0] else {
                throw Problem("failed to read snapshot: hash check failed for \"\(parts[1])\"")
            }
        }
        meta = try Self.meta(Array(json))
        self.state = Array(state)
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func meta(_ json: [UInt8]) throws(Problem) -> Meta {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.readFirst(json)
        } catch {
            throw Problem("failed to decode snapshot metadata: \(error.message)")
        }
        var meta = Meta()
        meta.id = value["ID"]?.text ?? ""
        meta.index = value["Index"]?.unsigned ?? 0
        meta.term = value["Term"]?.unsigned ?? 0
        meta.version = value["Version"]?.integer ?? 0
        meta.size = value["Size"]?.integer ?? 0
        for server in value["Configuration"]?["Servers"]?.items ?? [] {
            meta.servers.append((id: server["ID"]?.text ?? "", address: server["Address"]?.text ?? ""))
        }
        return meta
    }
}
