import Determinism
import FederationModel
import ServerCore
import TopologyCore

/// What a world keeps of turns that are taken ahead of its clock.
struct Lookahead: Sendable {
    /// An event of a datacenter whose turn was offered.
    struct Offer: Sendable {
        let number: Int
        let host: Int
        let due: Instant
    }

    /// Nil: none are.
    var turns: TurnsAhead?
    /// By datacenter.
    var offers: [Offer?] = []
    /// Of the events before the horizon, by datacenter.
    var counts: [Int] = []
    /// The shortest way between datacenters.
    var span = Duration.zero
    /// Before this nothing but the world's own events changes an agent or looks at one.
    var limit = Instant.zero
    /// The turn of the event that is under way, and whose it is.
    var finished: (turn: TurnsAhead.Turn, host: Int)?
}

// Turns ahead of the clock: which events may be handed to their agents already.
extension World {
    /// Events that are over have no place.
    private static let nowhere = -1

    /// Helpers take turns from now on.
    /// - Precondition: an agent of each datacenter has been added, and there will be no scripts.
    mutating func begin(_ turns: TurnsAhead) {
        precondition(turns.turns.count == datacenters.count, "as many turns as there are datacenters")
        lookahead.turns = turns
        lookahead.offers = datacenters.map { _ in nil }
        lookahead.counts = datacenters.map { _ in 0 }
    }

    /// - Parameter limit: before it nothing but the world's own events changes an agent or looks at one.
    mutating func lookAhead(before limit: Instant) {
        guard lookahead.turns != nil else { return }
        if areLinksNew {
            lookahead.span = shortestWay
            areLinksNew = false
        }
        lookahead.limit = limit
        moveHorizon()
        for place in datacenters.indices { offerNext(place) }
    }

    /// Of a datagram or a segment between datacenters.
    private var shortestWay: Duration {
        var shortest = Duration.seconds(1)
        for from in states.indices {
            for to in states.indices where states[from].place != states[to].place {
                shortest = min(shortest, wires[wire(from, to)].link.leastDelay)
            }
        }
        return shortest
    }

    mutating func add(_ event: Event, due: Instant) {
        guard events.isBeforeHorizon(due) else { return events.add(event, due: due, place: Self.nowhere) }
        let place = place(of: event)
        events.add(event, due: due, place: place)
        guard place != Self.nowhere else { return }
        lookahead.counts[place] += 1
        guard let offer = lookahead.offers[place] else { return }
        precondition(offer.due <= due, "\(names[offer.host]) is ahead of an event at \(due)")
    }

    /// The datacenter on whose agents alone an event acts at once.
    private func place(of event: Event) -> Int {
        switch event {
        case .input(let host, _, _), .timer(let host, _, _), .synced(let host, _),
            .snapshotWritten(let host, _, _, _, _):
            return states[host].place
        case .stream(let number, let toDialler, _):
            return links[number].map { states[toDialler ? $0.dialler : $0.acceptor].place } ?? Self.nowhere
        case .streamGivesUp(let number, let toDialler, _):
            return links[number].map { states[toDialler ? $0.acceptor : $0.dialler].place } ?? Self.nowhere
        case .clientGivesUp(let number):
            return clients.exchanges[number].map { states[$0.host].place } ?? Self.nowhere
        case .script: preconditionFailure("a script may act on any agent: nothing may be ahead of it")
        }
    }

    /// An event was taken from the queue: its turn may be over already.
    mutating func beginEvent(_ number: Int, _ place: Int?) {
        guard let place, place != Self.nowhere else { return }
        lookahead.counts[place] -= 1
        guard let offer = lookahead.offers[place], offer.number == number else { return }
        lookahead.offers[place] = nil
        lookahead.finished = lookahead.turns?.finished(place).map { ($0, offer.host) }
    }

    /// It has happened: the next of its datacenter may be offered.
    mutating func endEvent(_ place: Int?) {
        guard lookahead.turns != nil else { return }
        precondition(lookahead.finished == nil, "a turn was taken that was not to be")
        moveHorizon()
        if let place, place != Self.nowhere { offerNext(place) }
    }

    private mutating func moveHorizon() {
        // What is done at the limit may add events before the present next one.
        guard events.nextDeadline < lookahead.limit else { return }
        events.moveHorizon(to: min(events.nextDeadline + lookahead.span, lookahead.limit))
        while let number = events.nextToAdmit, let event = events[number] {
            let entry = events.admit(place: place(of: event))
            guard entry.place != Self.nowhere else { continue }
            lookahead.counts[entry.place] += 1
            if lookahead.counts[entry.place] == 1 { offer(entry) }
        }
    }

    private mutating func offerNext(_ place: Int) {
        guard lookahead.counts[place] > 0, lookahead.offers[place] == nil,
            let entry = events.ahead.first(where: { $0.place == place })
        else { return }
        offer(entry)
    }

    private mutating func offer(_ entry: EventQueue.Entry) {
        guard entry.due < lookahead.limit, let event = events[entry.number], let (host, input) = turn(of: event)
        else { return }
        lookahead.offers[entry.place] = Lookahead.Offer(number: entry.number, host: host, due: entry.due)
        lookahead.turns?.offer(entry.place, processes[host], input, at: states[host].clock.local(entry.due))
    }

    /// What an event will hand to which agent, where that is known before it happens.
    private func turn(of event: Event) -> (host: Int, Input?)? {
        switch event {
        case .input(let host, let life, let input):
            return takesTurns(host, life: life) ? (host, input) : nil
        case .timer(let host, let life, let instant):
            guard takesTurns(host, life: life), states[host].setTimer == instant, states[host].timer <= instant
            else { return nil }
            return (host, nil)
        case .synced(let host, let life):
            guard takesTurns(host, life: life), !states[host].faults.failsSync,
                let sequence = disks[host].unsynced.last
            else { return nil }
            return (host, .persisted(through: sequence))
        case .stream(let number, let toDialler, let event):
            guard let link = links[number] else { return nil }
            return toDialler ? dialledTurn(event, link) : acceptedTurn(event, link, number)
        case .streamGivesUp, .clientGivesUp, .snapshotWritten, .script: return nil
        }
    }

    private func dialledTurn(_ event: StreamEvent, _ link: Link) -> (host: Int, Input?)? {
        guard link.isHeldByDialler, takesTurns(link.dialler, life: link.diallerLife) else { return nil }
        switch event {
        case .opened: return (link.dialler, .connected(link.dialled))
        case .bytes(let bytes): return (link.dialler, .received(link.dialled, bytes))
        case .closed: return (link.dialler, .closed(link.dialled))
        case .refused: return nil
        }
    }

    private func acceptedTurn(_ event: StreamEvent, _ link: Link, _ number: Int) -> (host: Int, Input?)? {
        let host = link.acceptor
        if case .opened = event {
            let stream = StreamID(link.dialled.channel, states[host].nextAccepted)
            return takesTurns(host, life: states[host].life)
                ? (host, .accepted(stream, from: source(of: link, number))) : nil
        }
        guard let stream = link.accepted, link.isHeldByAcceptor, takesTurns(host, life: link.acceptorLife)
        else { return nil }
        switch event {
        case .bytes(let bytes): return (host, .received(stream, bytes))
        case .closed: return (host, .closed(stream))
        case .opened, .refused: return nil
        }
    }

    private func takesTurns(_ host: Int, life: Int) -> Bool {
        states[host].life == life && states[host].isRunning && !states[host].isFrozen
    }

    /// For who looks at an agent: it is where the world's clock is.
    func process(of host: Int) -> AgentProcess {
        let isAhead = lookahead.turns != nil && lookahead.offers[states[host].place]?.host == host
        precondition(!isAhead, "\(names[host]) is ahead of who looks at it")
        return processes[host]
    }

    /// What the agent did in this turn, when it has been taken already.
    mutating func takeFinished(_ host: Int) -> TurnsAhead.Turn? {
        guard lookahead.turns != nil else { return nil }
        let offered = lookahead.offers[states[host].place]?.host
        precondition(offered != host, "\(names[host]) is ahead of what it is to do now")
        guard let (turn, owner) = lookahead.finished else { return nil }
        precondition(owner == host, "\(names[host]) has a turn instead of \(names[owner])")
        lookahead.finished = nil
        return turn
    }
}
