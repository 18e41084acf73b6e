import Determinism
package import FederationModel

/// Failure detection: direct, indirect and stream pings (`wire/serf-gossip.md` 4.1–4.3).
extension Memberlist {
    mutating func probeTick(at now: Instant, into outputs: inout [MemberlistOutput]) {
        guard !isLeaving, hasOthers else { return }
        guard probe == nil else {
            isProbeTickMissed = true
            return
        }
        var checkedCount = 0
        while checkedCount < probeList.count {
            if probeIndex >= probeList.count {
                startRound(at: now)
                probeIndex = 0
            }
            guard probeIndex < probeList.count else { return }
            let name = probeList[probeIndex]
            probeIndex += 1
            checkedCount += 1
            guard name != configuration.name, let node = nodes[name], !node.state.isGone else { continue }
            return startProbe(of: node, at: now, into: &outputs)
        }
    }

    /// Drops who is long gone and shuffles the rest.
    private mutating func startRound(at now: Instant) {
        for name in probeList {
            guard let node = nodes[name], node.state.isGone, name != configuration.name,
                now - node.stateChange > timings.gossipToTheDeadTime
            else { continue }
            nodes[name] = nil
        }
        probeList.removeAll { nodes[$0] == nil }
        holders = holders.filter { nodes[$0.value] != nil }
        probeList.shuffle(using: &random)
    }

    private mutating func startProbe(of node: NodeRecord, at now: Instant, into outputs: inout [MemberlistOutput]) {
        let sequence = nextSequence()
        let deadline = now + timings.probeInterval * (awareness + 1)
        probe = Probe(name: node.name, sequence: sequence, sentAt: now, deadline: deadline)
        timers.add(.probeTimeout(sequence), due: min(now + timings.probeTimeout, deadline))
        timers.add(.probeDeadline(sequence), due: deadline)
        let ping = GossipMessage.ping(ping(node.name, sequence))
        guard node.state == .suspect else { return send(ping, to: node.endpoint, into: &outputs) }
        // A suspect hears at once what it is suspected of.
        let accusation = Accusation(incarnation: node.incarnation, node: node.name, from: configuration.name)
        emit(
            [ping.encoded, GossipMessage.suspect(accusation).encoded], to: node.endpoint,
            checksummed: node.takesChecksums, into: &outputs)
    }

    func ping(_ name: String, _ sequence: UInt32) -> GossipPing {
        var ping = GossipPing()
        ping.sequence = sequence
        ping.node = name
        ping.sourceAddress = configuration.endpoint.address.bytes
        ping.sourcePort = configuration.endpoint.port
        ping.sourceNode = configuration.name
        return ping
    }

    /// A ping outside of the failure detector, of which nothing follows here: its arrival tells the other side that
    /// this direction works.
    package mutating func knock(_ name: String, at endpoint: Endpoint, into outputs: inout [MemberlistOutput]) {
        send(.ping(ping(name, nextSequence())), to: endpoint, into: &outputs)
    }

    mutating func probeTimedOut(_ sequence: UInt32, at now: Instant, into outputs: inout [MemberlistOutput]) {
        guard var current = probe, current.sequence == sequence, let target = nodes[current.name] else { return }
        current.isDirect = false
        let own = configuration.name
        let relays = draw(timings.indirectCheckCount) { node in
            node.name != own && node.name != target.name && node.state == .alive
        }
        current.expectedNackCount = relays.count(where: \.sendsNacks)
        for node in relays {
            var request = IndirectPing()
            request.sequence = sequence
            request.target = target.endpoint.address.bytes
            request.port = target.endpoint.port
            request.node = target.name
            request.wantsNack = node.sendsNacks
            request.sourceAddress = configuration.endpoint.address.bytes
            request.sourcePort = configuration.endpoint.port
            request.sourceNode = own
            send(.indirectPing(request), to: node.endpoint, into: &outputs)
        }
        if configuration.usesStreamPings && target.takesStreamPings && now < current.deadline {
            current.stream = open(.probe(sequence), to: target, within: current.deadline - now, at: now, into: &outputs)
        }
        probe = current
    }

    mutating func answer(_ ping: GossipPing, from source: Endpoint, into outputs: inout [MemberlistOutput]) {
        guard ping.node.isEmpty || ping.node == configuration.name else { return }
        let ack = Ack(sequence: ping.sequence, payload: ackPayload)
        send(.ack(ack), to: ping.source ?? source, into: &outputs)
    }

    mutating func relay(
        _ request: IndirectPing, from source: Endpoint, at now: Instant, into outputs: inout [MemberlistOutput]
    ) {
        guard relays.count < Self.maxRelays, let address = IPAddress(bytes: request.target) else { return }
        let sequence = nextSequence()
        relays[sequence] = Relay(
            requesterSequence: request.sequence, requester: request.source ?? source, wantsNack: request.wantsNack)
        timers.add(.relay(sequence), due: now + timings.probeTimeout)
        let port = request.port == 0 ? configuration.endpoint.port : request.port
        send(.ping(ping(request.node, sequence)), to: Endpoint(address, port), into: &outputs)
    }

    mutating func relayTimedOut(_ sequence: UInt32, into outputs: inout [MemberlistOutput]) {
        guard let relay = relays.removeValue(forKey: sequence), relay.wantsNack else { return }
        send(.nack(Nack(sequence: relay.requesterSequence)), to: relay.requester, into: &outputs)
    }

    mutating func acked(_ ack: Ack, at now: Instant, into outputs: inout [MemberlistOutput]) {
        if let current = probe, current.sequence == ack.sequence {
            if current.isDirect {
                lastAnswering = current.name
                outputs.append(.pinged(current.name, payload: ack.payload, roundTrip: now - current.sentAt))
            }
            endProbe(succeeded: true, at: now, into: &outputs)
        } else if let relay = relays.removeValue(forKey: ack.sequence) {
            send(.ack(Ack(sequence: relay.requesterSequence)), to: relay.requester, into: &outputs)
        }
    }

    mutating func nacked(_ nack: Nack) {
        guard probe?.sequence == nack.sequence else { return }
        probe?.nackCount += 1
    }

    mutating func streamAcked(_ sequence: UInt32) {
        guard probe?.sequence == sequence else { return }
        probe?.isStreamAcked = true
    }

    mutating func probeEnded(_ sequence: UInt32, at now: Instant, into outputs: inout [MemberlistOutput]) {
        guard let current = probe, current.sequence == sequence else { return }
        if current.isStreamAcked {
            let values: KeyValuePairs = ["gossip.member": current.name]
            outputs.append(.log(LogLine(.warning, "member answers on TCP but not on UDP", values)))
        }
        endProbe(succeeded: current.isStreamAcked, at: now, into: &outputs)
    }

    private mutating func endProbe(succeeded: Bool, at now: Instant, into outputs: inout [MemberlistOutput]) {
        guard let ended = probe else { return }
        probe = nil
        if let stream = ended.stream, streams.removeValue(forKey: stream) != nil { outputs.append(.close(stream)) }
        if succeeded {
            changeAwareness(by: -1)
        } else {
            let missing = ended.expectedNackCount - ended.nackCount
            changeAwareness(by: ended.expectedNackCount > 0 ? max(0, missing) : 1)
            if let node = nodes[ended.name] {
                let accusation = Accusation(
                    incarnation: node.incarnation, node: node.name, from: configuration.name)
                apply(suspect: accusation, at: now, into: &outputs)
            }
        }
        if isProbeTickMissed {
            isProbeTickMissed = false
            probeTick(at: now, into: &outputs)
        }
    }
}
