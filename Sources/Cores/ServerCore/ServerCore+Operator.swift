import CatalogCore
import Determinism
import FederationModel
import RaftCore
import SerfCore

// What an operator asks of the peer set.

extension ServerCore {
    /// Requests that only the leader can answer, from what it knows besides its log.
    mutating func askLeader(_ number: UInt64, _ request: Request, at now: Instant) {
        guard replica != nil else { return }
        if case .sessionRenew = request { return read(number, request, at: now) }
        guard replica!.node.isLeader || request.options?.allowStale == true else {
            return forwardToLeader(number, at: now)
        }
        switch request {
        case .isthmusSnapshotSave: finish(number, .success(.snapshot(savedSnapshot(at: now))), at: now)
        case .operatorRaftConfiguration: finish(number, .success(.raftConfiguration(peerSet)), at: now)
        case .operatorServerHealth: finish(number, .success(.serverHealth(health(at: now))), at: now)
        case .operatorRemovePeerByAddress(let body):
            removePeer(number, body.address, what: "address", at: now) { $0.endpoint.description == body.address }
        case .operatorRemovePeerByID(let body):
            removePeer(number, body.id, what: "id", at: now) { $0.id.description == body.id.lowercased() }
        default:
            finish(number, .failure(.badRequest("\(request.method) is not answered by a leader alone")), at: now)
        }
    }

    private var peerSet: RaftConfigurationResponse {
        guard let replica else { return RaftConfigurationResponse() }
        let peers = replica.node.membership.servers.map { server in
            RaftPeer(
                id: server.id.description, node: server.name, address: server.endpoint.description,
                leader: server.id == replica.node.leader, protocolVersion: "3", voter: server.suffrage == .voter)
        }
        return RaftConfigurationResponse(servers: peers)
    }

    // MARK: Removing a peer

    private mutating func removePeer(
        _ number: UInt64, _ name: String, what: String, at now: Instant, matching: (RaftServer) -> Bool
    ) {
        guard let server = replica?.node.membership.servers.first(where: matching) else {
            let text = "\(what) \"\(name)\" was not found in the Raft configuration"
            return finish(number, .failure(.remote(text)), at: now)
        }
        do throws(ProposeError) {
            try replica?.node.changeMembership(.remove(server.id), at: now)
            log(.notice, "peer removed by an operator", ["raft.peer": server.name])
            guard let node = replica?.node else { return }
            replica?.proposals[node.lastIndex] = Replica.Proposal(term: node.term, pending: number)
            requests.move(number, to: .proposed(node.lastIndex, node.term))
        } catch {
            switch error {
            case .changePending, .transferring:
                finish(number, .failure(.remote("another change of the peer set is under way: try again")), at: now)
            case .notLeader:
                finish(number, .failure(.noLeader(datacenter: configuration.datacenter)), at: now)
            case .overloaded: finish(number, .failure(.overloaded(what: "raft proposals")), at: now)
            case .invalid:
                finish(number, .failure(.remote("the peer set would have no voter left")), at: now)
            }
        }
    }

    // MARK: Health

    func serverStats(at now: Instant) -> ServerStats {
        guard let node = replica?.node else { return ServerStats(lastContact: "never") }
        let contact = node.isLeader ? "0" : node.lastContact.map { (now - $0).goText } ?? "never"
        return ServerStats(
            lastContact: contact, lastTerm: node.term.value, lastIndex: node.lastIndex.value)
    }

    /// Health of the voters and learners by Consul's rules, from what the leader hears of them over Raft.
    private func health(at now: Instant) -> OperatorHealthReply {
        guard let node = replica?.node else { return OperatorHealthReply() }
        let rules = replica?.catalog.autopilotConfiguration ?? .standard
        var members: [String: PoolMember] = [:]
        for member in lan.members {
            if let tags = ServerTags(member: member) { members[tags.id] = member }
        }
        var healthyVoterCount = 0
        let servers = node.membership.servers.map { server in
            let member = members[server.id.description]
            let isLeader = server.id == configuration.nodeID
            let match = isLeader ? node.lastIndex : node.matchIndex(of: server.id) ?? .zero
            let heard = isLeader ? now : node.lastAnswer(of: server.id)
            let silence = heard.map { max(.zero, now - $0) } ?? .seconds(3600)
            // An answer is at most a heartbeat old, which comes on top of what the rule allows.
            let allowed = rules.lastContactThreshold + node.configuration.heartbeatInterval
            let isHealthy =
                member?.status == .alive && silence <= allowed
                && match.value + rules.maxTrailingLogs >= node.lastIndex.value
            let isVoter = server.suffrage == .voter
            if isHealthy && isVoter { healthyVoterCount += 1 }
            return ServerHealth(
                id: server.id.description, name: server.name, address: server.endpoint.description,
                serfStatus: member?.status.serfNumber ?? 0, version: Build.consulVersion, leader: isLeader,
                lastContact: isLeader ? .zero : silence, lastTerm: node.term.value, lastIndex: match.value,
                healthy: isHealthy, voter: isVoter,
                stableSince: WallTime(unix: configuration.calendarOrigin + duties.stableSince.nanoseconds))
        }
        let isHealthy = servers.allSatisfy(\.healthy)
        let tolerance = max(0, healthyVoterCount - node.membership.quorumCount)
        return OperatorHealthReply(healthy: isHealthy, failureTolerance: tolerance, servers: servers)
    }
}

extension PoolMember.Status {
    /// Serf's numbers.
    fileprivate var serfNumber: Int {
        switch self {
        case .none: 0
        case .alive: 1
        case .leaving: 2
        case .left: 3
        case .failed: 4
        }
    }
}
