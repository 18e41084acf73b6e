package import Determinism
package import FederationModel

/// One stream of a memberlist: a request and its answer.
struct GossipStream: Sendable {
    enum Purpose: Sendable {
        case accepted(from: Endpoint)
        case probe(UInt32)
        /// - Parameter drawn: the member whose turn it was by the interval; nil for an exchange somebody asked for.
        case pushPull(isJoin: Bool, drawn: String? = nil)
    }

    let purpose: Purpose
    var parser: GossipStreamParser
    /// Read on an accepted stream; merged once our own state has been sent.
    var remote: PushPull?
}

/// Push/pull, stream pings and stream user messages (`wire/serf-gossip.md` 1.2, 3.7).
extension Memberlist {
    /// Memberlist's own limit of push/pulls at once. What is dialled is bounded by the joins of the owner, one probe
    /// and the push/pull interval.
    static let maxAcceptedStreams = 128

    mutating func open(
        _ purpose: GossipStream.Purpose, at endpoint: Endpoint, within timeout: Duration, at now: Instant,
        into outputs: inout [MemberlistOutput]
    ) -> StreamID {
        let stream = StreamID(configuration.channel, nextStreamNumber)
        nextStreamNumber += 2
        streams[stream] = GossipStream(purpose: purpose, parser: GossipStreamParser(security: security))
        timers.add(.stream(stream), due: now + timeout)
        outputs.append(.connect(stream, to: endpoint, timeout: timeout))
        return stream
    }

    mutating func open(
        _ purpose: GossipStream.Purpose, to node: NodeRecord, within timeout: Duration, at now: Instant,
        into outputs: inout [MemberlistOutput]
    ) -> StreamID {
        open(purpose, at: node.endpoint, within: timeout, at: now, into: &outputs)
    }

    /// Exchanges whole states with a peer. Ends with `pushPullEnded`.
    package mutating func startPushPull(
        with endpoint: Endpoint, isJoin: Bool, at now: Instant, into outputs: inout [MemberlistOutput]
    ) -> StreamID {
        open(.pushPull(isJoin: isJoin), at: endpoint, within: timings.streamTimeout, at: now, into: &outputs)
    }

    mutating func pushPullTick(at now: Instant, into outputs: inout [MemberlistOutput]) {
        guard !isLeaving else { return }
        let own = configuration.name
        guard let peer = draw(1, where: { $0.name != own && $0.state == .alive }).first else { return }
        exchange(with: peer, drawn: peer.name, at: now, into: &outputs)
    }

    private mutating func exchange(
        with peer: NodeRecord, drawn: String?, at now: Instant, into outputs: inout [MemberlistOutput]
    ) {
        let purpose = GossipStream.Purpose.pushPull(isJoin: false, drawn: drawn)
        _ = open(purpose, to: peer, within: timings.streamTimeout, at: now, into: &outputs)
    }

    /// A push/pull mends what gossip has missed, and beside a cut a member keeps what it missed for as long as it draws
    /// those behind the cut: who answered the last probe takes the place of one that cannot be reached. Once in an
    /// interval: the substitute has none.
    private mutating func exchangeInstead(
        of drawn: String, at now: Instant, into outputs: inout [MemberlistOutput]
    ) {
        guard !isLeaving, let name = lastAnswering, name != drawn, let peer = nodes[name], peer.state == .alive
        else { return }
        exchange(with: peer, drawn: nil, at: now, into: &outputs)
    }

    mutating func accepted(
        _ stream: StreamID, from source: Endpoint, at now: Instant, into outputs: inout [MemberlistOutput]
    ) {
        guard acceptedStreamCount < Self.maxAcceptedStreams, streams[stream] == nil else {
            outputs.append(.close(stream))
            return
        }
        acceptedStreamCount += 1
        streams[stream] = GossipStream(
            purpose: .accepted(from: source), parser: GossipStreamParser(security: security))
        timers.add(.stream(stream), due: now + timings.streamTimeout)
    }

    mutating func connected(_ stream: StreamID, at now: Instant, into outputs: inout [MemberlistOutput]) {
        guard let open = streams[stream] else {
            outputs.append(.close(stream))
            return
        }
        switch open.purpose {
        case .accepted: return
        case .probe(let sequence):
            guard let probe, probe.sequence == sequence else { return end(stream, into: &outputs) }
            write(.ping(ping(probe.name, sequence)), on: stream, into: &outputs)
        case .pushPull(let isJoin, _): outputs.append(.wantsUserState(stream, isJoin: isJoin))
        }
    }

    /// Answers `wantsUserState`: our state leaves, then what the peer sent is merged.
    package mutating func provideUserState(
        _ userState: [UInt8], for stream: StreamID, at now: Instant, into outputs: inout [MemberlistOutput]
    ) {
        guard let open = streams[stream] else { return }
        var state = PushPull()
        state.nodes = sortedNodes.map(\.pushPullNode)
        state.userState = userState
        switch open.purpose {
        case .probe: return
        case .pushPull(let isJoin, _):
            state.isJoin = isJoin
            write(.pushPull(state), on: stream, into: &outputs)
        case .accepted(let source):
            guard let remote = open.remote else { return }
            state.isJoin = remote.isJoin
            write(.pushPull(state), on: stream, into: &outputs)
            end(stream, into: &outputs)
            if let problem = merge(remote, at: now, into: &outputs) {
                return report("push/pull refused", problem, from: source.description, into: &outputs)
            }
            guard !remote.userState.isEmpty else { return }
            outputs.append(.merged(userState: remote.userState, isJoin: remote.isJoin, stream: stream))
        }
    }

    private func write(_ message: StreamMessage, on stream: StreamID, into outputs: inout [MemberlistOutput]) {
        let plain = message.encoded
        let bytes = configuration.compressesStreams ? Compressed.wrap(plain) : plain
        guard let sealed = security.sealStream(bytes) else { return }
        outputs.append(.write(stream, sealed))
    }

    private func report(
        _ message: String, _ reason: String, from peer: String, into outputs: inout [MemberlistOutput]
    ) {
        let values: KeyValuePairs = [
            "gossip.self": configuration.name, "net.peer": peer, "gossip.reason": reason,
        ]
        outputs.append(.log(LogLine(.warning, message, values)))
    }

    private mutating func forget(_ stream: StreamID) -> GossipStream? {
        guard let open = streams.removeValue(forKey: stream) else { return nil }
        if case .accepted = open.purpose { acceptedStreamCount -= 1 }
        return open
    }

    private mutating func end(_ stream: StreamID, into outputs: inout [MemberlistOutput]) {
        guard forget(stream) != nil else { return }
        outputs.append(.close(stream))
    }

    /// The stream is over without its purpose fulfilled.
    mutating func failed(
        _ stream: StreamID, _ reason: String, at now: Instant, into outputs: inout [MemberlistOutput]
    ) {
        guard streams[stream] != nil else { return }
        outputs.append(.close(stream))
        ended(stream, reason, at: now, into: &outputs)
    }

    /// The stream is gone already: it never opened, or the peer closed it.
    mutating func ended(
        _ stream: StreamID, _ reason: String, at now: Instant, into outputs: inout [MemberlistOutput]
    ) {
        guard let open = forget(stream), case .pushPull(_, let drawn) = open.purpose else { return }
        outputs.append(.pushPullEnded(stream, failure: reason))
        if let drawn { exchangeInstead(of: drawn, at: now, into: &outputs) }
    }

    mutating func received(
        _ bytes: [UInt8], on stream: StreamID, at now: Instant, into outputs: inout [MemberlistOutput]
    ) {
        guard var open = streams.removeValue(forKey: stream) else { return }
        let progress = open.parser.receive(bytes)
        streams[stream] = open
        switch progress {
        case .needsMore: return
        case .failed(let reason): failed(stream, reason, at: now, into: &outputs)
        case .refused(let reason):
            if case .accepted(let source) = open.purpose {
                write(.error(ErrorAnswer(reason)), on: stream, into: &outputs)
                report("gossip stream refused", reason, from: source.description, into: &outputs)
            }
            failed(stream, reason, at: now, into: &outputs)
        case .message(let message): received(message, on: stream, open.purpose, at: now, into: &outputs)
        }
    }

    private mutating func received(
        _ message: StreamMessage, on stream: StreamID, _ purpose: GossipStream.Purpose, at now: Instant,
        into outputs: inout [MemberlistOutput]
    ) {
        switch (purpose, message) {
        case (.accepted, .ping(let ping)):
            if ping.node.isEmpty || ping.node == configuration.name {
                write(.ack(Ack(sequence: ping.sequence)), on: stream, into: &outputs)
            }
            end(stream, into: &outputs)
        case (.accepted, .pushPull(let state)):
            streams[stream]?.remote = state
            outputs.append(.wantsUserState(stream, isJoin: state.isJoin))
        case (.accepted(let source), .user(let bytes)):
            end(stream, into: &outputs)
            outputs.append(.user(bytes, from: source))
        case (.probe(let sequence), .ack(let ack)):
            if ack.sequence == sequence { streamAcked(sequence) }
            end(stream, into: &outputs)
        case (.pushPull(let isJoin, _), .pushPull(let state)):
            end(stream, into: &outputs)
            if isJoin, let holder = nameHolder(in: state, at: now) {
                outputs.append(.nameTaken(by: holder, on: stream))
                let problem = "the name '\(own.name)' of this node (\(own.endpoint)) is held by \(holder.endpoint)"
                return outputs.append(.pushPullEnded(stream, failure: problem))
            }
            let problem = merge(state, at: now, into: &outputs)
            if problem == nil && !state.userState.isEmpty {
                outputs.append(.merged(userState: state.userState, isJoin: state.isJoin, stream: stream))
            }
            outputs.append(.pushPullEnded(stream, failure: problem))
        case (_, .error(let answer)):
            failed(stream, "remote error: \(answer.text)", at: now, into: &outputs)
        case (.accepted, .ack), (.probe, _), (.pushPull, _):
            failed(stream, "unexpected message", at: now, into: &outputs)
        }
    }
}
