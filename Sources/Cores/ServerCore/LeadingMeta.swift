import FederationModel
import WireFormat

/// The metadata of an answer as it stands on the wire in front of its rows: what changes with every heartbeat, apart
/// from what changes with the data. So it is with lists of nodes, services and instances, whose rows have the last of
/// five keys in order; with others it stands behind them.
enum LeadingMeta {
    private static let keyCount = 5
    private static let keys = ["ConsistencyLevel", "Index", "KnownLeader", "LastContact"]

    /// - Returns: the metadata and where the rows' key begins; nil for answers of another form.
    static func read(_ body: [UInt8]) -> (meta: QueryMeta, end: Int)? {
        var reader = MessagePackReader(body)
        var meta = QueryMeta()
        do throws(WireError) {
            guard try reader.readMapHeader() == keyCount else { return nil }
            for key in keys {
                let found = try reader.readFieldName()
                guard found == key, try meta.decode(field: found, from: &reader) else { return nil }
            }
        } catch {
            return nil
        }
        return (meta, reader.position)
    }

    static func bytes(of meta: QueryMeta) -> [UInt8] {
        var writer = MessagePackWriter()
        writer.writeMapHeader(keyCount)
        writer.write(keys[0])
        writer.write(meta.consistencyLevel)
        writer.write(keys[1])
        writer.write(meta.index)
        writer.write(keys[2])
        writer.write(meta.knownLeader)
        writer.write(keys[3])
        writer.write(meta.lastContact)
        return writer.bytes
    }
}
