import Determinism
import FederationModel
import ServerCore

// Datagrams may be lost and overtake one another; streams keep their order and stall at a cut.
extension World {
    mutating func send(_ bytes: [UInt8], from host: Int, to: Endpoint) {
        guard let target = listeners[to], target.channel != .rpc else { return }
        let conditions = conditions(host, target.host)
        // Drawn also for what is lost, so that a cut does not shift later draws.
        let delay = random.duration(in: conditions.latency)
        let isLost = random.chance(conditions.loss)
        guard !isLost, !cuts.contains(HostPair(from: host, to: target.host)), states[target.host].isRunning,
            let source = target.channel == .lan
                ? configurations[host].lanEndpoint : configurations[host].wanEndpoint,
            listeners[source] != nil
        else { return }
        events.add(
            .input(
                host: target.host, life: states[target.host].life, .datagram(target.channel, from: source, bytes)),
            due: now + delay)
    }

    mutating func connect(_ stream: StreamID, from host: Int, to: Endpoint, timeout: Duration) {
        guard let target = listeners[to] else {
            let input = Input.connectFailed(stream, "connection refused")
            events.add(.input(host: host, life: states[host].life, input), due: now + .microseconds(200))
            return
        }
        let number = nextLink
        nextLink += 1
        links[number] = Link(
            dialler: host, diallerLife: states[host].life, dialled: stream, acceptor: target.host,
            acceptorLife: states[target.host].life)
        linkOfStream[host, default: [:]][stream] = number
        deliver(.opened, on: number, toDialler: false)
        events.add(.stream(number, toDialler: true, .refused("timed out")), due: now + timeout)
    }

    mutating func write(_ event: StreamEvent, on stream: StreamID, by host: Int) {
        guard let number = linkOfStream[host]?[stream], let link = links[number] else { return }
        let isDialler = link.dialler == host && link.dialled == stream
        if case .closed = event { linkOfStream[host]?[stream] = nil }
        deliver(event, on: number, toDialler: !isDialler)
    }

    /// Puts a segment on the wire; a cut holds it up with everything behind it.
    mutating func deliver(_ event: StreamEvent, on number: Int, toDialler: Bool) {
        guard var link = links[number] else { return }
        let from = toDialler ? link.acceptor : link.dialler
        let to = toDialler ? link.dialler : link.acceptor
        if cuts.contains(HostPair(from: from, to: to)) {
            if toDialler { link.stalledToDialler.append(event) } else { link.stalledToAcceptor.append(event) }
            links[number] = link
            return
        }
        let conditions = conditions(from, to)
        var delay = random.duration(in: conditions.latency)
        if random.chance(conditions.loss) { delay += NetworkConditions.streamLossDelay }
        let previous = toDialler ? link.lastToDialler : link.lastToAcceptor
        let due = max(now + delay, previous + .nanoseconds(1))
        if toDialler { link.lastToDialler = due } else { link.lastToAcceptor = due }
        links[number] = link
        events.add(.stream(number, toDialler: toDialler, event), due: due)
    }

    mutating func release(from: Int, to: Int) {
        for number in links.keys.sorted() {
            guard let link = links[number] else { continue }
            if link.dialler == from && link.acceptor == to && !link.stalledToAcceptor.isEmpty {
                links[number]?.stalledToAcceptor = []
                for event in link.stalledToAcceptor { deliver(event, on: number, toDialler: false) }
            }
            if link.acceptor == from && link.dialler == to && !link.stalledToDialler.isEmpty {
                links[number]?.stalledToDialler = []
                for event in link.stalledToDialler { deliver(event, on: number, toDialler: true) }
            }
        }
    }

    mutating func arrived(_ event: StreamEvent, on number: Int, toDialler: Bool) {
        guard let link = links[number] else { return }
        // Whoever closed it hears nothing more of it, and now the other end has read everything.
        if case .closed = event { links[number] = nil }
        if toDialler {
            arrivedAtDialler(event, number, link)
        } else {
            arrivedAtAcceptor(event, number, link)
        }
    }

    private mutating func arrivedAtDialler(_ event: StreamEvent, _ number: Int, _ link: Link) {
        guard states[link.dialler].life == link.diallerLife, linkOfStream[link.dialler]?[link.dialled] == number else {
            return
        }
        switch event {
        case .opened:
            links[number]?.isOpen = true
            hand(.connected(link.dialled), to: link.dialler)
        case .refused(let reason):
            // The connect timeout: nothing to do once the other end has answered.
            guard !link.isOpen else { return }
            linkOfStream[link.dialler]?[link.dialled] = nil
            links[number] = nil
            hand(.connectFailed(link.dialled, reason), to: link.dialler)
        case .bytes(let bytes): hand(.received(link.dialled, bytes), to: link.dialler)
        case .closed:
            linkOfStream[link.dialler]?[link.dialled] = nil
            hand(.closed(link.dialled), to: link.dialler)
        }
    }

    private mutating func arrivedAtAcceptor(_ event: StreamEvent, _ number: Int, _ link: Link) {
        let host = link.acceptor
        if case .opened = event {
            guard states[host].isRunning else {
                return deliver(.refused("connection refused"), on: number, toDialler: true)
            }
            let stream = StreamID(link.dialled.channel, states[host].nextAccepted)
            states[host].nextAccepted += 2
            links[number]?.accepted = stream
            links[number]?.acceptorLife = states[host].life
            linkOfStream[host, default: [:]][stream] = number
            let source = Endpoint(configurations[link.dialler].rpcEndpoint.address, UInt16(40_000 + number % 20_000))
            hand(.accepted(stream, from: source), to: host)
            deliver(.opened, on: number, toDialler: true)
            return
        }
        guard let stream = link.accepted, states[host].life == link.acceptorLife,
            linkOfStream[host]?[stream] == number
        else { return }
        switch event {
        case .bytes(let bytes): hand(.received(stream, bytes), to: host)
        case .closed:
            linkOfStream[host]?[stream] = nil
            hand(.closed(stream), to: host)
        case .opened, .refused: break
        }
    }
}
