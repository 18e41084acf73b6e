import Determinism
import FederationModel
import ServerCore
import TopologyCore

// Datagrams may be lost and overtake one another; streams keep their order and stall at a cut.
extension World {
    /// Beside the bytes of a datagram: IP and UDP.
    private static let datagramOverhead = 28

    func wire(_ from: Int, _ to: Int) -> Int { from * states.count + to }

    mutating func send(_ bytes: [UInt8], from host: Int, to: Endpoint) {
        guard let target = listeners[to], target.channel != .rpc else { return }
        let number = wire(host, target.host)
        let link = wires[number].link
        // Drawn also for what is lost, so that a cut does not shift later draws.
        var delay = link.drawDelay(using: &random)
        let isLost = random.chance(link.loss)
        guard !isLost, !wires[number].isCut else {
            return traceLoss("\(target.channel) datagram", host, target.host)
        }
        guard states[target.host].isRunning,
            let source = target.channel == .lan
                ? configurations[host].lanEndpoint : configurations[host].wanEndpoint,
            listeners[source] != nil
        else { return }
        if link.bandwidth != nil {
            guard let wait = queue(bytes.count + Self.datagramOverhead, host, target.host, link, isDatagram: true)
            else { return traceLoss("\(target.channel) datagram", host, target.host, ": queue full") }
            delay += wait
        }
        if random.chance(link.reorder) { delay += link.drawDelay(using: &random) }
        let event = Event.input(
            host: target.host, life: states[target.host].life, .datagram(target.channel, from: source, bytes))
        if random.chance(link.duplicate) { add(event, due: now + link.drawDelay(using: &random)) }
        add(event, due: now + delay)
    }

    private func traceLoss(_ what: @autoclosure () -> String, _ from: Int, _ to: Int, _ how: String = "") {
        guard tracer != nil else { return }
        let what = what()
        trace(
            .lost, from, "\(what) to \(names[to])\(how)",
            .lost(from: names[from], to: names[to], what: what + how))
    }

    private mutating func queue(
        _ byteCount: Int, _ from: Int, _ to: Int, _ link: Topology.Link, isDatagram: Bool
    ) -> Duration? {
        guard let bandwidth = link.bandwidth else { return .zero }
        let isInside = states[from].datacenter == states[to].datacenter
        let ends = PipeEnds(
            from: isInside ? names[from] : states[from].datacenter, to: isInside ? names[to] : states[to].datacenter)
        return pipes[ends, default: Pipe()].take(byteCount, bandwidth: bandwidth, at: now, isDatagram: isDatagram)
    }

    mutating func connect(_ stream: StreamID, from host: Int, to: Endpoint, timeout: Duration) {
        guard let target = listeners[to] else {
            let input = Input.connectFailed(stream, "connection refused")
            add(.input(host: host, life: states[host].life, input), due: now + .microseconds(200))
            return
        }
        let number = links.add(
            Link(
                dialler: host, diallerLife: states[host].life, dialled: stream, acceptor: target.host,
                acceptorLife: states[target.host].life))
        linkOfStream[host][Self.key(stream)] = number
        deliver(.opened, on: number, toDialler: false)
        add(.stream(number, toDialler: true, .refused("timed out")), due: now + timeout)
    }

    private static func key(_ stream: StreamID) -> UInt64 { stream.number << 2 | UInt64(stream.channel.rawValue) }

    mutating func write(_ event: StreamEvent, on stream: StreamID, by host: Int) {
        guard let number = linkOfStream[host][Self.key(stream)], let link = links[number] else { return }
        let isDialler = link.dialler == host && link.dialled == stream
        if case .closed = event { release(number, by: isDialler) }
        deliver(event, on: number, toDialler: !isDialler)
    }

    /// One end knows nothing of the stream any more.
    private mutating func release(_ number: Int, by isDialler: Bool) {
        // A later life of the host may use the stream's number again: only who holds it forgets it.
        guard let link = links[number], isDialler ? link.isHeldByDialler : link.isHeldByAcceptor else { return }
        links.change(number) { link in
            if isDialler { link.isHeldByDialler = false } else { link.isHeldByAcceptor = false }
        }
        if isDialler {
            linkOfStream[link.dialler][Self.key(link.dialled)] = nil
        } else if let accepted = link.accepted {
            linkOfStream[link.acceptor][Self.key(accepted)] = nil
        }
    }

    /// Puts a segment on the wire; a cut holds it up with everything behind it.
    mutating func deliver(_ event: StreamEvent, on number: Int, toDialler: Bool) {
        guard let link = links[number] else { return }
        let from = toDialler ? link.acceptor : link.dialler
        let to = toDialler ? link.dialler : link.acceptor
        let wire = wire(from, to)
        if wires[wire].isCut {
            if link[toDialler].stalledSince == nil {
                add(.streamGivesUp(number, toDialler: toDialler, since: now), due: now + Retransmission.patience)
            }
            let now = now
            links.change(number) { $0[toDialler].stalledSince = $0[toDialler].stalledSince ?? now }
            stalled[Link.WayID(number: number, toDialler: toDialler), default: []].append(event)
            return traceLoss("\(link.dialled.channel) stream", from, to, " stalls")
        }
        let conditions = wires[wire].link
        var delay = conditions.drawDelay(using: &random)
        var byteCount = 0
        if case .bytes(let bytes) = event { byteCount = bytes.count }
        let segmentCount = 1 + byteCount / Retransmission.segmentBytes
        delay += Retransmission.delay(
            loss: conditions.loss, roundTrip: delay * 2, segmentCount: segmentCount, using: &random)
        if conditions.bandwidth != nil {
            delay += queue(byteCount + 40 * segmentCount, from, to, conditions, isDatagram: false) ?? .zero
        }
        let due = max(now + delay, link[toDialler].last + .nanoseconds(1))
        links.change(number) { $0[toDialler].last = due }
        add(.stream(number, toDialler: toDialler, event), due: due)
    }

    /// The cut is gone: what it held up arrives with the next retransmission.
    mutating func release(from: Int, to: Int) {
        for number in links.numbers {
            guard let link = links[number] else { continue }
            if link.dialler == from && link.acceptor == to { releaseStalled(number, toDialler: false) }
            if link.acceptor == from && link.dialler == to { releaseStalled(number, toDialler: true) }
        }
    }

    private mutating func releaseStalled(_ number: Int, toDialler: Bool) {
        guard let way = links[number]?[toDialler], let since = way.stalledSince else { return }
        let sent = Retransmission.next(since: since, now: now)
        links.change(number) { link in
            link[toDialler].stalledSince = nil
            link[toDialler].last = max(way.last, sent)
        }
        let events = stalled.removeValue(forKey: Link.WayID(number: number, toDialler: toDialler))
        for event in events ?? [] { deliver(event, on: number, toDialler: toDialler) }
    }

    /// The sending end learns that nothing gets through; the other end knows nothing of it.
    mutating func givesUp(_ number: Int, toDialler: Bool, since: Instant) {
        guard let link = links[number], link[toDialler].stalledSince == since else { return }
        stalled[Link.WayID(number: number, toDialler: toDialler)] = nil
        let (host, stream) = toDialler ? (link.acceptor, link.accepted) : (link.dialler, Optional(link.dialled))
        let life = toDialler ? link.acceptorLife : link.diallerLife
        let isHeld = toDialler ? link.isHeldByAcceptor : link.isHeldByDialler
        guard let stream, states[host].life == life, isHeld else { return }
        release(number, by: !toDialler)
        hand(link.isOpen || toDialler ? .closed(stream) : .connectFailed(stream, "timed out"), to: host)
    }

    mutating func arrived(_ event: StreamEvent, on number: Int, toDialler: Bool) {
        guard let link = links[number] else { return }
        if toDialler {
            arrivedAtDialler(event, number, link)
        } else {
            arrivedAtAcceptor(event, number, link)
        }
    }

    private mutating func arrivedAtDialler(_ event: StreamEvent, _ number: Int, _ link: Link) {
        guard states[link.dialler].life == link.diallerLife, link.isHeldByDialler else {
            return reset(event, number, toDialler: false)
        }
        switch event {
        case .opened:
            links.change(number) { $0.isOpen = true }
            hand(.connected(link.dialled), to: link.dialler)
        case .refused(let reason):
            // The connect timeout: nothing to do once the other end has answered.
            guard !link.isOpen else { return }
            over(number)
            hand(.connectFailed(link.dialled, reason), to: link.dialler)
        case .bytes(let bytes): hand(.received(link.dialled, bytes), to: link.dialler)
        case .closed:
            over(number)
            hand(.closed(link.dialled), to: link.dialler)
        }
    }

    /// Both ends are done with it.
    private mutating func over(_ number: Int) {
        release(number, by: true)
        release(number, by: false)
        links.remove(number)
        guard !stalled.isEmpty else { return }
        for toDialler in [false, true] { stalled[Link.WayID(number: number, toDialler: toDialler)] = nil }
    }

    /// Something for a stream that this end has forgotten.
    private mutating func reset(_ event: StreamEvent, _ number: Int, toDialler: Bool) {
        switch event {
        case .bytes: deliver(.closed, on: number, toDialler: toDialler)
        // The other end has closed it too.
        case .closed: over(number)
        case .opened, .refused: break
        }
    }

    /// The dialler's end of a connection.
    func source(of link: Link, _ number: Int) -> Endpoint {
        Endpoint(configurations[link.dialler].rpcEndpoint.address, UInt16(40_000 + number % 20_000))
    }

    private mutating func arrivedAtAcceptor(_ event: StreamEvent, _ number: Int, _ link: Link) {
        let host = link.acceptor
        if case .opened = event {
            guard states[host].isRunning else {
                return deliver(.refused("connection refused"), on: number, toDialler: true)
            }
            let stream = StreamID(link.dialled.channel, states[host].nextAccepted)
            states[host].nextAccepted += 2
            let life = states[host].life
            links.change(number) { link in
                link.accepted = stream
                link.acceptorLife = life
                link.isHeldByAcceptor = true
            }
            linkOfStream[host][Self.key(stream)] = number
            hand(.accepted(stream, from: source(of: link, number)), to: host)
            deliver(.opened, on: number, toDialler: true)
            return
        }
        guard let stream = link.accepted, states[host].life == link.acceptorLife, link.isHeldByAcceptor else {
            return reset(event, number, toDialler: true)
        }
        switch event {
        case .bytes(let bytes): hand(.received(stream, bytes), to: host)
        case .closed:
            over(number)
            hand(.closed(stream), to: host)
        case .opened, .refused: break
        }
    }
}
