import Determinism
import FederationModel
import Testing

@testable import RoutingCore

@Suite("Plans of requests for other datacenters")
struct ForwardPlanTests {
    private static let read = ForwardAsk(datacenter: "dc2", needsLeader: false, changesNothing: true)
    private static let write = ForwardAsk(datacenter: "dc2", needsLeader: true, changesNothing: false)

    private static func state(_ verdict: Verdict, servers: Int = 3) -> DatacenterState {
        var state = DatacenterState("dc2", lane: 1, at: .zero)
        state.verdict = verdict
        state.servers = (1...servers).map { number in
            var evidence = ServerEvidence(RouterWorld.server("s\(number)", "dc2"))
            evidence.answered(at: .zero, roundTrip: .milliseconds(number * 10), answersToClear: 1)
            return evidence
        }
        state.leader = RouterWorld.server("s2", "dc2").endpoint.description
        state.orderCandidates(membersChanged: true)
        return state
    }

    private static func plan(_ ask: ForwardAsk, _ state: DatacenterState?, _ relays: [Relay] = []) -> ForwardPlan {
        ForwardPlan(ask, state, relays: { relays })
    }

    private static let relay = Relay(
        "dc3", servers: [Candidate(RouterWorld.server("s1", "dc3"), .healthy, roundTrip: .milliseconds(5))])

    @Test("Each verdict decides as the table of verdicts says", arguments: Verdict.allCases, [read, write])
    func verdicts(verdict: Verdict, ask: ForwardAsk) {
        let plan = Self.plan(ask, Self.state(verdict))
        let refusal: FederationError?
        switch verdict {
        case .up, .degraded: refusal = nil
        case .leaderless: refusal = ask.needsLeader ? .leaderless(datacenter: "dc2") : nil
        case .frozen: refusal = .frozen(datacenter: "dc2")
        case .unreachable: refusal = .unreachable(datacenter: "dc2")
        case .left: refusal = .left(datacenter: "dc2")
        }
        if let refusal {
            #expect(plan.decision == .refuse(refusal))
        } else if case .call(let candidates) = plan.decision {
            let names = candidates.map(\.server.node)
            #expect(names == (ask.needsLeader ? ["s2", "s1", "s3"] : ["s1", "s2", "s3"]))
        } else {
            Issue.record("\(verdict): \(plan.decision)")
        }
        #expect(Self.plan(ask, nil).decision == .refuse(.unknownDatacenter("dc2")))
    }

    @Test("Suspects and servers that fail calls go last, silent ones are not tried")
    func order() {
        var state = Self.state(.up)
        state.servers[0].isSuspect = true
        for _ in 0..<ServerTrip.maxFailureCount { state.servers[1].trip.callFailed(at: .zero) }
        state.orderCandidates(membersChanged: false)
        #expect(state.leaderFirst.map(\.standing) == [.healthy, .suspect, .tripped])
        #expect(state.leaderFirst.map(\.server.node) == ["s3", "s1", "s2"])
        state.servers[2].isSilent = true
        state.orderCandidates(membersChanged: false)
        #expect(state.candidates.map(\.server.node) == ["s1", "s2"])
        #expect(state.passedOver.map(\.standing) == [.silent])
    }

    @Test("A relay is asked only for an unreachable datacenter, and never for what came over one")
    func detours() {
        for verdict in Verdict.allCases {
            var ask = Self.read
            let plan = Self.plan(ask, Self.state(verdict), [Self.relay])
            #expect(plan.isRelayed == (verdict == .unreachable))
            ask.hopCount = 1
            #expect(!Self.plan(ask, Self.state(verdict), [Self.relay]).isRelayed)
            ask.hopCount = Relay.maxHopCount
            #expect(Self.plan(ask, Self.state(verdict), [Self.relay]).rule == .hops)
        }
    }

    @Test("Servers of several relays: the first one of each comes first, so that a retry takes another way")
    func severalRelays() {
        func relay(_ name: String) -> Relay {
            Relay(name, servers: (1...2).map {
                Candidate(RouterWorld.server("s\($0)", name), .healthy, roundTrip: .milliseconds(5))
            })
        }
        let relays = [relay("dc4"), Relay("dc5", servers: []), relay("dc3")]
        let plan = Self.plan(Self.read, Self.state(.unreachable), relays)
        guard case .relay(let servers) = plan.decision else {
            Issue.record("\(plan.decision)")
            return
        }
        #expect(servers.map(\.server.name) == ["s1.dc4", "s1.dc3", "s2.dc4", "s2.dc3"] && plan.relay == "dc4")
        func failure(_ label: String) -> CallFailure { .application("", label: label) }
        let policy = RetryPolicy.acrossDatacenters
        for label in ["unreachable", "connection", "not-joined", "overloaded"] {
            #expect(policy.allowsOtherRelay(after: failure(label), retryCount: 0))
            #expect(!policy.allowsOtherRelay(after: failure(label), retryCount: 1))
        }
        for label in ["frozen", "leaderless", "outcome-unknown", "denied", "bad-request", ""] {
            #expect(!policy.allowsOtherRelay(after: failure(label), retryCount: 0))
        }
    }

    @Test("What nobody heard of does not exist, what this server has yet to hear of may; a refusal measures nothing")
    func unseen() {
        var ask = Self.read
        #expect(Self.plan(ask, nil).rule == .unknown)
        ask.isUnseen = true
        let plan = ForwardPlan(ask, nil, relays: { [] }, measure: { Issue.record("measured"); return 0 })
        #expect(plan.rule == .unseen && plan.decision == .refuse(.notJoined(datacenter: "dc2")))
        ask.isForgotten = true
        #expect(Self.plan(ask, nil).rule == .forgotten)
        let sent = ForwardPlan(Self.write, Self.state(.up), relays: { [] }, measure: { 77 })
        #expect(sent.rule == .order && sent.ask.bodyBytes == 77)
        for verdict in [Verdict.frozen, .left, .unreachable, .leaderless] {
            let state = Self.state(verdict)
            _ = ForwardPlan(Self.write, state, relays: { [] }, measure: { Issue.record("measured"); return 0 })
        }
    }

    @Test("An open breaker refuses as the evidence says, one for leaders only those that need one")
    func breakers() {
        var state = Self.state(.up)
        for _ in 0..<CircuitBreaker.maxFailureCount {
            state.lane.leader.sent(at: .zero)
            state.lane.leader.failed(at: .zero)
        }
        #expect(Self.plan(Self.read, state).rule == .order)
        #expect(Self.plan(Self.write, state).decision == .refuse(.unreachable(datacenter: "dc2")))
        for index in state.servers.indices { state.servers[index].leader = "" }
        #expect(Self.plan(Self.write, state).decision == .refuse(.leaderless(datacenter: "dc2")))
        for _ in 0..<CircuitBreaker.maxFailureCount {
            state.lane.any.sent(at: .zero)
            state.lane.any.failed(at: .zero)
        }
        #expect(Self.plan(Self.read, state).rule == .breaker(needsLeader: false))
        #expect(Self.plan(Self.write, state).rule == .breaker(needsLeader: false))
        #expect(!Self.plan(Self.read, state, [Self.relay]).isRelayed)
    }

    // MARK: Graphs of relays

    /// Who reaches whom, and what each says of itself, which may be old.
    private struct Graph {
        var reaches: [[Bool]]
        var says: [[Bool]]
        var isConsul: [Bool]

        var count: Int { reaches.count }

        init(count: Int) {
            reaches = Array(repeating: Array(repeating: true, count: count), count: count)
            says = reaches
            isConsul = Array(repeating: false, count: count)
        }

        init(using random: inout SeededRandom) {
            self.init(count: Int(random.next(upperBound: 6 as UInt64)) + 2)
            let density = Double(random.next(upperBound: 100 as UInt64)) / 100
            for from in 0..<count {
                isConsul[from] = random.chance(0.2)
                for to in 0..<count where to != from {
                    reaches[from][to] = random.chance(density)
                    says[from][to] = random.chance(0.3) ? random.chance(0.5) : reaches[from][to]
                }
            }
        }

        func plan(at here: Int, to target: Int, hopCount: Int) -> ForwardPlan {
            var state = DatacenterState("dc\(target)", lane: 1, at: .zero)
            state.verdict = reaches[here][target] ? .up : .unreachable
            state.servers = [ServerEvidence(RouterWorld.server("s1", "dc\(target)", isIsthmus: !isConsul[target]))]
            state.orderCandidates(membersChanged: true)
            let relays = (0..<count).filter { $0 != here && $0 != target && !isConsul[$0] }
                .filter { reaches[here][$0] && says[$0][target] }
                .map { number in
                    let server = RouterWorld.server("s1", "dc\(number)")
                    return Relay("dc\(number)", servers: [Candidate(server, .healthy, roundTrip: nil)])
                }
            let ask = ForwardAsk(
                datacenter: "dc\(target)", needsLeader: false, changesNothing: true, hopCount: hopCount)
            return ForwardPlan(ask, state, relays: { relays })
        }

        /// The datacenters a request passes, and whether it is served.
        func path(from origin: Int, to target: Int) -> (path: [Int], isServed: Bool) {
            var path = [origin]
            while let here = path.last, here != target, path.count < 20 {
                // Who has crossed one border came over a relay or is there.
                let plan = plan(at: here, to: target, hopCount: path.count - 1)
                switch plan.decision {
                case .call: path.append(target)
                case .relay: path.append(Int(plan.relay?.dropFirst(2) ?? "") ?? -1)
                case .queue, .refuse: return (path, false)
                }
            }
            return (path, path.last == target)
        }
    }

    @Test("In 10,000 random graphs with rows that may be wrong, no request goes round or crosses a third border")
    func noLoops() {
        var random = SeededRandom(seed: 20_26)
        var relayed = 0
        for number in 0..<10_000 {
            let graph = Graph(using: &random)
            for origin in 0..<graph.count {
                for target in 0..<graph.count where target != origin {
                    let (path, isServed) = graph.path(from: origin, to: target)
                    guard path.count <= Relay.maxHopCount + 1, Set(path).count == path.count,
                        path.dropFirst().dropLast(isServed ? 1 : 0).allSatisfy({ !graph.isConsul[$0] })
                    else {
                        Issue.record("graph \(number): \(path)")
                        return
                    }
                    if graph.reaches[origin][target] { #expect(isServed && path.count == 2) }
                    if isServed && path.count == 3 { relayed += 1 }
                }
            }
        }
        #expect(relayed > 10_000)
    }

    @Test("Any single cut among five datacenters, of one direction or both, leaves every pair queryable")
    func singleCuts() {
        for first in 0..<5 {
            for second in 0..<5 where second != first {
                for isOneWay in [true, false] {
                    var graph = Graph(count: 5)
                    graph.reaches[first][second] = false
                    if !isOneWay { graph.reaches[second][first] = false }
                    graph.says = graph.reaches
                    for origin in 0..<5 {
                        for target in 0..<5 where target != origin {
                            #expect(graph.path(from: origin, to: target).isServed, "\(first)-\(second)")
                        }
                    }
                }
            }
        }
    }
}
