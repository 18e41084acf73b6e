package import FederationModel
package import WireFormat

/// One change of the replicated state as it stands in the Raft log: a type byte, then the MessagePack body.
package enum Command: Equatable, Sendable {
    case register(RegisterRequest)
    case deregister(DeregisterRequest)
    case kvs(KVSRequest)
    /// Coordinates of several nodes, gathered by the leader: one entry a batch, not one a node.
    case coordinateBatch([Coordinate])
    case session(SessionRequest)
    /// All or nothing.
    case txn([TxnOp])
    case preparedQuery(PreparedQueryRequest)
    case autopilot(AutopilotSetConfigRequest)
    /// The whole state is replaced: the bytes of `Catalog.snapshot()`.
    case restore(ByteString)
}

/// Why log bytes are no command of this build.
package enum CommandError: Error, Equatable, Sendable {
    case empty
    /// Written by a newer version: this server must not go on without understanding it.
    case unknownType(UInt8)
    case malformed(WireError)
}

extension CommandError {
    package var label: String {
        switch self {
        case .empty: "empty"
        case .unknownType: "unknown-type"
        case .malformed: "malformed"
        }
    }
}

extension Command {
    /// On disk for ever: a number is never given a second meaning.
    private enum TypeByte: UInt8 {
        case register = 1
        case deregister = 2
        case kvs = 3
        case coordinateBatch = 4
        case session = 5
        case txn = 6
        case preparedQuery = 7
        case autopilot = 8
        case restore = 9
    }

    /// The protocol number (`ft_isthmus`) from which servers know the command: proposed only when every voter does.
    package var protocolNumber: Int {
        switch self {
        case .register, .deregister, .kvs, .coordinateBatch: 1
        case .session, .txn, .preparedQuery, .autopilot, .restore: 2
        }
    }

    /// In memory of just their size: the log keeps thousands of them.
    package func encode() -> [UInt8] {
        var writer = MessagePackWriter(reserving: 1024)
        switch self {
        case .register(let body):
            writer.append(CollectionOfOne(TypeByte.register.rawValue))
            body.encode(into: &writer)
        case .deregister(let body):
            writer.append(CollectionOfOne(TypeByte.deregister.rawValue))
            body.encode(into: &writer)
        case .kvs(let body):
            writer.append(CollectionOfOne(TypeByte.kvs.rawValue))
            body.encode(into: &writer)
        case .coordinateBatch(let coordinates):
            writer.append(CollectionOfOne(TypeByte.coordinateBatch.rawValue))
            writer.write(coordinates)
        case .session(let body):
            writer.append(CollectionOfOne(TypeByte.session.rawValue))
            body.encode(into: &writer)
        case .txn(let operations):
            writer.append(CollectionOfOne(TypeByte.txn.rawValue))
            writer.write(operations)
        case .preparedQuery(let body):
            writer.append(CollectionOfOne(TypeByte.preparedQuery.rawValue))
            body.encode(into: &writer)
        case .autopilot(let body):
            writer.append(CollectionOfOne(TypeByte.autopilot.rawValue))
            body.encode(into: &writer)
        case .restore(let state):
            writer.append(CollectionOfOne(TypeByte.restore.rawValue))
            writer.write(state)
        }
        let count = writer.bytes.count
        return [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
            initialized = writer.bytes.withUnsafeBufferPointer { target.initialize(fromContentsOf: $0) }
        }
    }

    package init(decoding bytes: [UInt8]) throws(CommandError) {
        guard let first = bytes.first else { throw .empty }
        guard let type = TypeByte(rawValue: first) else { throw .unknownType(first) }
        var reader = MessagePackReader(bytes, from: 1)
        do {
            switch type {
            case .register: self = .register(try reader.read())
            case .deregister: self = .deregister(try reader.read())
            case .kvs: self = .kvs(try reader.read())
            case .coordinateBatch: self = .coordinateBatch(try reader.read() ?? [])
            case .session: self = .session(try reader.read())
            case .txn: self = .txn(try reader.read() ?? [])
            case .preparedQuery: self = .preparedQuery(try reader.read())
            case .autopilot: self = .autopilot(try reader.read())
            case .restore: self = .restore(try reader.read())
            }
        } catch {
            throw .malformed(error)
        }
    }
}

/// What a command did, for the caller who proposed it.
package struct ApplyResult: Equatable, Sendable {
    /// Whether a conditional operation took place (cas, delete-cas, lock, unlock); nil for the others.
    package var response: Bool?
    /// Why nothing was changed, in Consul's words.
    package var error: String?
    /// The id of what was made: a session, a prepared query.
    package var text: String?
    package var txn: TxnResponse?

    package init(
        response: Bool? = nil, error: String? = nil, text: String? = nil, txn: TxnResponse? = nil
    ) {
        self.response = response
        self.error = error
        self.text = text
        self.txn = txn
    }

    static let done = ApplyResult()
    static func refused(_ error: String) -> ApplyResult { ApplyResult(error: error) }
}
