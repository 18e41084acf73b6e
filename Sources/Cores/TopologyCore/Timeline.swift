/// A run as a picture over time: who ran, led and followed, what was broken, what was lost, what servers said of other
/// datacenters. Fed with facts in the order of their times; `page` is what a person looks at.
package struct Timeline: Sendable {
    struct Lane: Sendable {
        enum Kind: String, Sendable { case server, client, producer }

        var name: String
        /// Place of its datacenter.
        var datacenter: Int
        var kind: Kind
    }

    /// A part of the run; nil ends are those of the run.
    struct Span: Equatable, Sendable {
        /// Nil: of the whole federation.
        var lane: Int?
        var begin: Duration
        var end: Duration?
        var text: String
    }

    struct Role: Equatable, Sendable {
        enum Kind: Int, Sendable { case leaderless, follows, leads }

        var lane: Int
        var begin: Duration
        var end: Duration?
        var kind: Kind
        var term: UInt64
        var leader: Int?
    }

    struct Verdict: Equatable, Sendable {
        var time: Duration
        /// The server whose verdict it is.
        var lane: Int
        var datacenter: Int
        var word: String
        var reason: String
    }

    struct Outcome: Equatable, Sendable {
        var time: Duration
        var isHeld: Bool
        var text: String
        var evidence: String
    }

    let name: String
    let about: String
    let datacenters: [String]
    private(set) var lanes: [Lane] = []
    private(set) var lives: [Span] = []
    private(set) var freezes: [Span] = []
    private(set) var roles: [Role] = []
    private(set) var disks: [Span] = []
    private(set) var steps: [Span] = []
    private(set) var actions: [Span] = []
    private(set) var outcomes: [Outcome] = []
    private(set) var verdicts: [Verdict] = []
    private(set) var links: TimelineLinks
    private(set) var losses = TimelineLosses()
    private var laneOf: [String: Int] = [:]
    private var datacenterOf: [String: Int] = [:]
    /// By lane: the place of what is still open.
    private var openLife: [Int: Int] = [:]
    private var openFreeze: [Int: Int] = [:]
    private var openRole: [Int: Int] = [:]
    private var openDisk: [Int: Int] = [:]

    package init(_ topology: Topology) {
        name = topology.name
        about = topology.about
        datacenters = topology.datacenters.map(\.name)
        for (place, datacenter) in topology.datacenters.enumerated() {
            datacenterOf[datacenter.name] = place
            let producers = topology.producers.filter { datacenter.agents.contains($0.node) }.map(\.name)
            lanes += datacenter.allServers.map { Lane(name: $0, datacenter: place, kind: .server) }
            lanes += datacenter.clients.map { Lane(name: $0, datacenter: place, kind: .client) }
            lanes += producers.map { Lane(name: $0, datacenter: place, kind: .producer) }
        }
        for (place, lane) in lanes.enumerated() { laneOf[lane.name] = place }
        links = TimelineLinks(laneOf)
    }

    /// - Parameter time: since the run began; never before that of the fact before.
    package mutating func add(_ fact: TimelineFact, at time: Duration) {
        switch fact {
        case .process(let name, let change):
            guard let lane = laneOf[name] else { return }
            add(change, of: lane, at: time)
        case .leads(let name, let term): add(.leads, of: name, term: term, leader: name, at: time)
        case .follows(let name, let leader, let term):
            // Whoever leads is told of itself, too.
            guard leader != name else { return }
            add(leader == nil ? .leaderless : .follows, of: name, term: term, leader: leader, at: time)
        case .verdict(let datacenter, let server, let word, let reason):
            guard let lane = laneOf[server], let place = datacenterOf[datacenter] else { return }
            verdicts.append(Verdict(time: time, lane: lane, datacenter: place, word: word, reason: reason))
        case .lost(let from, let to, let what):
            guard let from = laneOf[from], let to = laneOf[to] else { return }
            losses.add(from: from, to: to, what: what, at: time)
        case .links(let changes, let action): links.change(changes, by: action, at: time)
        case .disk(let name, let fault):
            guard let lane = laneOf[name] else { return }
            if let open = openDisk.removeValue(forKey: lane) { disks[open].end = time }
            guard let fault else { return }
            openDisk[lane] = disks.count
            disks.append(Span(lane: lane, begin: time, text: fault))
        case .action(let text): actions.append(Span(begin: time, end: time, text: text))
        case .step(let name): steps.append(Span(begin: time, text: name))
        case .stepEnded: if !steps.isEmpty { steps[steps.count - 1].end = time }
        case .outcome(let isHeld, let text, let evidence):
            outcomes.append(Outcome(time: time, isHeld: isHeld, text: text, evidence: evidence))
        }
    }

    private mutating func add(_ change: TimelineFact.Process, of lane: Int, at time: Duration) {
        switch change {
        case .started:
            guard openLife[lane] == nil else { return }
            openLife[lane] = lives.count
            lives.append(Span(lane: lane, begin: time, text: ""))
            guard lanes[lane].kind == .server else { return }
            add(.leaderless, of: lanes[lane].name, term: 0, leader: nil, at: time)
        case .ended(let how):
            guard let open = openLife.removeValue(forKey: lane) else { return }
            lives[open].end = time
            lives[open].text = how
            if let open = openFreeze.removeValue(forKey: lane) { freezes[open].end = time }
            if let open = openRole.removeValue(forKey: lane) { roles[open].end = time }
        case .frozen:
            guard openLife[lane] != nil, openFreeze[lane] == nil else { return }
            openFreeze[lane] = freezes.count
            freezes.append(Span(lane: lane, begin: time, text: "frozen"))
        case .resumed:
            if let open = openFreeze.removeValue(forKey: lane) { freezes[open].end = time }
        }
    }

    private mutating func add(_ kind: Role.Kind, of name: String, term: UInt64, leader: String?, at time: Duration) {
        guard let lane = laneOf[name], openLife[lane] != nil else { return }
        let role = Role(
            lane: lane, begin: time, kind: kind, term: term, leader: leader.flatMap { laneOf[$0] })
        if let open = openRole[lane] {
            let last = roles[open]
            if last.kind == kind && last.term == term && last.leader == role.leader { return }
            roles[open].end = time
        }
        openRole[lane] = roles.count
        roles.append(role)
    }
}
