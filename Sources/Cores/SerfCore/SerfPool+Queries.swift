import Determinism
import FederationModel
import GossipCore
import WireFormat

/// Queries, their answers and Serf's own questions (`wire/serf-gossip.md` 5.7).
extension SerfPool {
    /// `GossipInterval × 16 × ⌈log10(n + 1)⌉`: 3.2 s on a LAN of up to 9 nodes.
    package var defaultQueryTimeout: Duration {
        configuration.timings.gossipInterval * (16 * Logarithm.decimalCeiling(table.count + 1))
    }

    mutating func ask(_ query: PoolQuery, id: QueryID, at now: Instant, into effects: inout [PoolEffect]) {
        guard phase == .running else { return effects.append(.event(.queryEnded(id))) }
        let timeout = query.timeout ?? defaultQueryTimeout
        var message = QueryMessage()
        message.time = queryClock.time
        message.id = UInt32(truncatingIfNeeded: random.next() >> 33)
        message.address = configuration.endpoint.address.bytes
        message.port = configuration.endpoint.port
        message.sourceNode = configuration.name
        message.filters = QueryFilter.encode(nodes: query.nodes, tags: query.tags)
        message.flags = query.wantsAck ? QueryMessage.wantsAck : 0
        message.relayFactor = query.relayFactor
        message.timeout = timeout.wholeNanoseconds
        message.name = query.name
        message.payload = query.payload
        let bytes = [SerfKind.query.rawValue] + message.encoded
        let key = QueryKey(time: message.time, id: message.id)
        guard bytes.count <= configuration.maxQueryBytes,
            queries.ask(key, QueryBook.Asked(id: id, deadline: now + timeout))
        else {
            let values: KeyValuePairs = ["gossip.query": query.name, "gossip.bytes": "\(bytes.count)"]
            effects.append(.log(LogLine(.error, "query is too long, or too many are under way", values)))
            return effects.append(.event(.queryEnded(id)))
        }
        if apply(message, at: now, into: &effects) { passOn(bytes, on: .queries) }
    }

    /// - Returns: true when the query is new and is to be passed on.
    mutating func apply(_ query: QueryMessage, at now: Instant, into effects: inout [PoolEffect]) -> Bool {
        queryClock.witness(query.time)
        guard queries.remember(query, clock: queryClock.time) else { return false }
        let passesOn = query.flags & QueryMessage.isNotPassedOn == 0
        let patterns = configuration.patterns ?? PlainPatterns()
        guard QueryFilter.admits(local, query.filters ?? [], patterns), let source = query.source else {
            return passesOn
        }
        if query.flags & QueryMessage.wantsAck != 0 {
            var ack = QueryResponse()
            ack.time = query.time
            ack.id = query.id
            ack.from = configuration.name
            ack.flags = QueryResponse.isAck
            send(ack, to: source, for: query, into: &effects)
        }
        if query.name.hasPrefix(Self.internalPrefix) {
            if let answer = answer(internal: query, into: &effects) {
                respond(to: query, at: source, answer, into: &effects)
            }
            return passesOn
        }
        let deadline = now + .nanoseconds(max(0, query.timeout))
        queries.await(answerTo: .init(message: query, source: source, deadline: deadline))
        let received = ReceivedQuery(
            key: QueryKey(time: query.time, id: query.id), name: query.name, payload: query.payload ?? [],
            from: query.sourceNode)
        effects.append(.event(.queryReceived(received)))
        return passesOn
    }

    mutating func respond(to key: QueryKey, _ payload: [UInt8], at now: Instant, into effects: inout [PoolEffect]) {
        guard let query = queries.takeAnswerable(key), now < query.deadline else { return }
        respond(to: query.message, at: query.source, payload, into: &effects)
    }

    private mutating func respond(
        to query: QueryMessage, at source: Endpoint, _ payload: [UInt8], into effects: inout [PoolEffect]
    ) {
        var response = QueryResponse()
        response.time = query.time
        response.id = query.id
        response.from = configuration.name
        response.payload = payload
        send(response, to: source, for: query, into: &effects)
    }

    private mutating func send(
        _ response: QueryResponse, to source: Endpoint, for query: QueryMessage, into effects: inout [PoolEffect]
    ) {
        // Our own question needs no network.
        guard source != configuration.endpoint else { return apply(response, into: &effects) }
        let bytes = [SerfKind.queryResponse.rawValue] + response.encoded
        guard bytes.count <= configuration.maxQueryResponseBytes else {
            let values: KeyValuePairs = ["gossip.query": query.name, "gossip.bytes": "\(bytes.count)"]
            return effects.append(.log(LogLine(.error, "query response is too long and was not sent", values)))
        }
        memberlist.sendUser(bytes, to: source, into: &outputs)
        relay(bytes, to: source, for: query)
    }

    private mutating func relay(_ response: [UInt8], to source: Endpoint, for query: QueryMessage) {
        guard query.relayFactor > 0, table.count >= Int(query.relayFactor) + 1 else { return }
        var header = RelayHeader()
        header.destination.ip = source.address.bytes
        header.destination.port = Int(source.port)
        header.name = query.sourceNode
        let bytes = [SerfKind.relay.rawValue] + header.encoded + response
        guard bytes.count <= configuration.maxQueryResponseBytes else { return }
        let own = configuration.name
        let relays = memberlist.draw(Int(query.relayFactor)) { node in
            node.name != own && node.state == .alive && node.protocolMax >= 5
        }
        for node in relays { memberlist.sendUser(bytes, to: node.endpoint, into: &outputs) }
    }

    mutating func passOn(relayed body: [UInt8]) {
        var reader = MessagePackReader(body)
        guard let header: RelayHeader = try? reader.read(), let target = header.destination.endpoint else { return }
        let rest = Array(body[reader.position...])
        // Only responses are relayed; anything else would make us a mouthpiece.
        guard rest.first == SerfKind.queryResponse.rawValue else { return }
        memberlist.sendUser(rest, to: target, into: &outputs)
    }

    mutating func apply(_ response: QueryResponse, into effects: inout [PoolEffect]) {
        guard let id = queries.take(response) else { return }
        effects.append(
            .event(
                response.flags & QueryResponse.isAck != 0
                    ? .queryAcked(id, from: response.from)
                    : .queryAnswered(id, from: response.from, payload: response.payload ?? [])))
    }
}
