import GossipCore
import WireFormat

/// A member's tags as memberlist carries them: `FF` and a map of strings (`wire/serf-gossip.md` 5.2).
package enum Tags {
    private static let magic: UInt8 = 0xFF

    /// Keys sorted, so that equal tags of one node are equal bytes.
    package static func encode(_ tags: [String: String]) -> [UInt8] {
        var writer = MessagePackWriter()
        writer.append(CollectionOfOne(magic))
        writer.write(tags as [String: String]?)
        return writer.bytes
    }

    /// Anything without the mark is a bare role, as old Serf sent it.
    package static func decode(_ meta: [UInt8]) -> [String: String] {
        guard meta.first == magic else {
            return meta.isEmpty ? [:] : ["role": String(decoding: meta, as: UTF8.self)]
        }
        var reader = MessagePackReader(meta, from: 1)
        return (try? reader.read() as [String: String]?) ?? [:]
    }
}
