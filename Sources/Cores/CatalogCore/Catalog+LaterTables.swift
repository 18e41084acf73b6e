import FederationModel
import RadixTree
import WireFormat

// What version 2 of a snapshot adds.
extension Catalog {
    /// Something stands in the tables that version 1 does not know, or did once.
    var needsLaterTables: Bool { indexes.sessions > 0 || indexes.queries > 0 || autopilot != nil }

    func writeLaterTables(into writer: inout MessagePackWriter) {
        writer.write(indexes.sessions)
        writer.write(indexes.queries)
        writer.write(sessions.values().map(\.session) as [Session]?)
        writer.write(queries.values() as [PreparedQuery]?)
        writer.write(autopilot)
    }

    mutating func readLaterTables(from reader: inout MessagePackReader) throws(WireError) {
        indexes.sessions = try reader.read()
        indexes.queries = try reader.read()
        for session in try reader.read() ?? [] as [Session] {
            let names = [session.node] + session.checkIDs
            guard SessionKey.problem(session.id) == nil, names.allSatisfy({ $0.utf8.count <= Fold.maxNameBytes }),
                sessions.get(SessionKey.of(session.id)) == nil
            else { throw reader.malformed("a session that cannot be kept") }
            list(session, at: session.raftIndex.modifyIndex)
        }
        var held: [(key: ByteString, session: ByteString)] = []
        keys.forEachValue { entry in
            if !entry.session.isEmpty { held.append((key: entry.key, session: SessionKey.of(entry.session))) }
        }
        for (key, session) in held {
            guard sessions.get(session) != nil else { throw reader.malformed("a key held by no session") }
            sessions.update(session, index: 0) { row in _ = row?.keys.set(key, true, index: 0) }
        }
        for query in try reader.read() ?? [] as [PreparedQuery] {
            guard Self.queryProblem(query.id) == nil, query.name.utf8.count <= Fold.maxNameBytes,
                query.session.isEmpty || SessionKey.uuidProblem(query.session) == nil,
                queries.get(SessionKey.of(query.id)) == nil
            else { throw reader.malformed("a prepared query that cannot be kept") }
            list(query, at: query.raftIndex.modifyIndex)
        }
        autopilot = try reader.read()
    }
}
