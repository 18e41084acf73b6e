import FederationModel
package import WireFormat

// On the wire: an array of [version, cluster, from high, from low, to high, to low, term, kind] and then the body's
// values, all MessagePack. Entry indexes are not sent: they follow `previousIndex`.
extension RaftMessage {
    /// Of the encoding.
    package static let version: UInt64 = 1
    /// Terms and indexes beyond are refused, so that arithmetic on them cannot overflow.
    package static let maxNumber: UInt64 = 1 << 60

    fileprivate enum Code: UInt64 {
        case voteRequest = 1, voteAnswer, append, appendAnswer, heartbeat, heartbeatAnswer, snapshotChunk
        case snapshotAnswer, timeoutNow
    }

    package func encode() -> [UInt8] {
        var writer = MessagePackWriter(reserving: 96 + body.payloadBytes)
        writer.writeArrayHeader(9)
        writer.write(Self.version)
        writer.write(clusterID.value)
        writer.write(from.high)
        writer.write(from.low)
        writer.write(to.high)
        writer.write(to.low)
        writer.write(term.value)
        writer.write(body.code.rawValue)
        body.encode(into: &writer)
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(WireError) {
        var reader = MessagePackReader(bytes)
        guard try reader.readArrayHeader() == 9 else {
            throw WireError(.malformed("a Raft message has nine parts"), at: 0)
        }
        let version = try reader.readUnsigned()
        guard version == Self.version else {
            throw WireError(.malformed("Raft message of version \(version), this is \(Self.version)"), at: 0)
        }
        clusterID = ClusterID(try reader.readUnsigned())
        from = NodeID(high: try reader.readUnsigned(), low: try reader.readUnsigned())
        to = NodeID(high: try reader.readUnsigned(), low: try reader.readUnsigned())
        term = try reader.readTerm()
        guard let code = Code(rawValue: try reader.readUnsigned()) else {
            throw WireError(.malformed("unknown kind of Raft message"), at: reader.position)
        }
        body = try Body(code, from: &reader, term: term)
        guard reader.isAtEnd else { throw WireError(.malformed("bytes after a Raft message"), at: reader.position) }
    }
}

extension RaftMessage.Body {
    /// Bytes of entries or snapshot, for one allocation when encoding.
    fileprivate var payloadBytes: Int {
        switch self {
        case .append(let append): append.entries.reduce(0) { $0 + $1.data.count + 16 }
        case .snapshotChunk(let chunk): chunk.data.count + 96 * chunk.metadata.membership.servers.count
        case .voteRequest, .voteAnswer, .appendAnswer, .heartbeat, .heartbeatAnswer, .snapshotAnswer, .timeoutNow: 0
        }
    }

    fileprivate var code: RaftMessage.Code {
        switch self {
        case .voteRequest: .voteRequest
        case .voteAnswer: .voteAnswer
        case .append: .append
        case .appendAnswer: .appendAnswer
        case .heartbeat: .heartbeat
        case .heartbeatAnswer: .heartbeatAnswer
        case .snapshotChunk: .snapshotChunk
        case .snapshotAnswer: .snapshotAnswer
        case .timeoutNow: .timeoutNow
        }
    }

    fileprivate func encode(into writer: inout MessagePackWriter) {
        switch self {
        case .voteRequest(let request):
            writer.writeArrayHeader(4)
            writer.write(request.isPreVote)
            writer.write(request.isTransfer)
            writer.write(request.lastIndex.value)
            writer.write(request.lastTerm.value)
        case .voteAnswer(let answer):
            writer.writeArrayHeader(2)
            writer.write(answer.isPreVote)
            writer.write(answer.isGranted)
        case .append(let append):
            writer.writeArrayHeader(5)
            writer.write(append.previousIndex.value)
            writer.write(append.previousTerm.value)
            writer.write(append.commitIndex.value)
            writer.write(append.round)
            writer.writeArrayHeader(append.entries.count)
            for entry in append.entries {
                writer.writeArrayHeader(3)
                writer.write(entry.term.value)
                writer.write(UInt64(entry.kind.rawValue))
                writer.writeRaw(entry.data)
            }
        case .appendAnswer(let answer):
            switch answer.result {
            case .accepted(let index):
                writer.writeArrayHeader(2)
                writer.write(answer.round)
                writer.write(index.value)
            case .rejected(let previous, let hintIndex, let hintTerm):
                writer.writeArrayHeader(4)
                writer.write(answer.round)
                writer.write(previous.value)
                writer.write(hintIndex.value)
                writer.write(hintTerm.value)
            }
        case .heartbeat(let heartbeat):
            writer.writeArrayHeader(3)
            writer.write(heartbeat.round)
            writer.write(heartbeat.commitIndex.value)
            writer.write(heartbeat.lastSent.value)
        case .heartbeatAnswer(let answer):
            writer.writeArrayHeader(3)
            writer.write(answer.round)
            writer.write(answer.lastIndex.value)
            writer.write(answer.isMissingEntries)
        case .snapshotChunk(let chunk):
            writer.writeArrayHeader(5)
            writer.write(chunk.round)
            chunk.metadata.encode(into: &writer)
            writer.write(chunk.totalBytes)
            writer.write(chunk.offset)
            writer.writeRaw(chunk.data)
        case .snapshotAnswer(let answer):
            writer.writeArrayHeader(3)
            writer.write(answer.round)
            writer.write(answer.index.value)
            writer.write(answer.offset)
        case .timeoutNow:
            writer.writeNil()
        }
    }

    fileprivate init(_ code: RaftMessage.Code, from reader: inout MessagePackReader, term: Term) throws(WireError) {
        switch code {
        case .voteRequest:
            try reader.expectParts(4)
            self = .voteRequest(
                VoteRequest(
                    isPreVote: try reader.readBool(), isTransfer: try reader.readBool(),
                    lastIndex: try reader.readIndex(), lastTerm: try reader.readTerm()))
        case .voteAnswer:
            try reader.expectParts(2)
            self = .voteAnswer(VoteAnswer(isPreVote: try reader.readBool(), isGranted: try reader.readBool()))
        case .append:
            self = .append(try AppendEntries(from: &reader, leaderTerm: term))
        case .appendAnswer:
            let start = reader.position
            let count = try reader.readArrayHeader()
            let round = try reader.readUnsigned()
            let index = try reader.readIndex()
            switch count {
            case 2: self = .appendAnswer(AppendAnswer(round: round, result: .accepted(through: index)))
            case 4:
                let hint = (try reader.readIndex(), try reader.readTerm())
                self = .appendAnswer(
                    AppendAnswer(
                        round: round, result: .rejected(previous: index, hintIndex: hint.0, hintTerm: hint.1)))
            default: throw WireError(.malformed("an answer to AppendEntries has two or four parts"), at: start)
            }
        case .heartbeat:
            try reader.expectParts(3)
            self = .heartbeat(
                Heartbeat(
                    round: try reader.readUnsigned(), commitIndex: try reader.readIndex(),
                    lastSent: try reader.readIndex()))
        case .heartbeatAnswer:
            try reader.expectParts(3)
            self = .heartbeatAnswer(
                HeartbeatAnswer(
                    round: try reader.readUnsigned(), lastIndex: try reader.readIndex(),
                    isMissingEntries: try reader.readBool()))
        case .snapshotChunk:
            try reader.expectParts(5)
            self = .snapshotChunk(
                SnapshotChunk(
                    round: try reader.readUnsigned(), metadata: try SnapshotMetadata(from: &reader),
                    totalBytes: try reader.readOffset(), offset: try reader.readOffset(),
                    data: try reader.readBytes() ?? []))
        case .snapshotAnswer:
            try reader.expectParts(3)
            self = .snapshotAnswer(
                SnapshotAnswer(
                    round: try reader.readUnsigned(), index: try reader.readIndex(), offset: try reader.readOffset()))
        case .timeoutNow:
            guard reader.readNil() else { throw WireError(.malformed("TimeoutNow has no parts"), at: reader.position) }
            self = .timeoutNow
        }
    }
}

extension AppendEntries {
    fileprivate init(from reader: inout MessagePackReader, leaderTerm: Term) throws(WireError) {
        try reader.expectParts(5)
        let previousIndex = try reader.readIndex()
        let previousTerm = try reader.readTerm()
        let commitIndex = try reader.readIndex()
        let round = try reader.readUnsigned()
        var entries: [LogEntry] = []
        for offset in 0..<(try reader.readArrayHeader() ?? 0) {
            try reader.charge(MemoryLayout<LogEntry>.stride)
            try reader.expectParts(3)
            let term = try reader.readTerm()
            guard term <= leaderTerm, term >= entries.last?.term ?? previousTerm else {
                throw WireError(.malformed("the terms of a log go down"), at: reader.position)
            }
            guard let kind = LogEntry.Kind(rawValue: UInt8(clamping: try reader.readUnsigned())) else {
                throw WireError(.malformed("unknown kind of log entry"), at: reader.position)
            }
            let data = try reader.readBytes() ?? []
            entries.append(LogEntry(term: term, index: previousIndex + (offset + 1), kind: kind, data: data))
        }
        self.init(
            previousIndex: previousIndex, previousTerm: previousTerm, commitIndex: commitIndex, round: round,
            entries: entries)
    }
}

extension SnapshotMetadata {
    /// An array of `[index, term, membership index, cluster, membership]`.
    package func encode(into writer: inout MessagePackWriter) {
        writer.writeArrayHeader(5)
        writer.write(index.value)
        writer.write(term.value)
        writer.write(membershipIndex.value)
        writer.write(clusterID.value)
        membership.encode(into: &writer)
    }

    package init(from reader: inout MessagePackReader) throws(WireError) {
        try reader.expectParts(5)
        let index = try reader.readIndex()
        let term = try reader.readTerm()
        let membershipIndex = try reader.readIndex()
        let clusterID = ClusterID(try reader.readUnsigned())
        self.init(
            index: index, term: term, membership: try Membership(from: &reader), membershipIndex: membershipIndex,
            clusterID: clusterID)
    }
}

extension MessagePackReader {
    fileprivate mutating func expectParts(_ count: Int) throws(WireError) {
        let start = position
        guard try readArrayHeader() == count else {
            throw WireError(.malformed("\(count) parts are expected"), at: start)
        }
    }

    fileprivate mutating func readNumber() throws(WireError) -> UInt64 {
        let start = position
        let value = try readUnsigned()
        guard value <= RaftMessage.maxNumber else {
            throw WireError(.outOfRange(wanted: "a term or an index"), at: start)
        }
        return value
    }

    fileprivate mutating func readTerm() throws(WireError) -> Term { Term(try readNumber()) }
    fileprivate mutating func readIndex() throws(WireError) -> LogIndex { LogIndex(try readNumber()) }
    fileprivate mutating func readOffset() throws(WireError) -> Int { Int(try readNumber()) }
}
