import CatalogCore
import Determinism
import FederationModel
import RaftCore
import SerfCore

// The leader keeps the catalog's nodes, their `serfHealth` and the peer set in step with the LAN pool.

extension ServerCore {
    mutating func lead(at now: Instant) {
        guard replica?.node.glance().isReadyForReads == true else {
            sessionTimers.stopAll()
            return duties.end()
        }
        if !duties.isLeading { startSessionTimers(at: now) }
        duties.begin(at: now)
        endDueSessions(at: now)
        if duties.nextFullReconcile <= now {
            duties.nextFullReconcile = now + LeaderDuties.fullReconcileInterval
            for member in lan.members { reconcile(member, at: now) }
            lookForUnknownNodes(at: now)
            _ = duties.takeChanged()
        } else if duties.hasChanges {
            let names = duties.takeChanged()
            for member in lan.members where names.contains(member.name) { reconcile(member, at: now) }
            for name in names where !lan.members.contains(where: { $0.name == name }) { forgetNode(name, at: now) }
        }
        if duties.nextUnknownLook <= now { lookForUnknownNodes(at: now) }
        if duties.nextCoordinates <= now {
            _ = propose(.coordinateBatch(duties.takeCoordinates()), at: now)
        }
        if duties.nextMembership <= now {
            duties.nextMembership = now + LeaderDuties.membershipInterval
            reconcileMembership(at: now)
        }
    }

    private mutating func propose(_ request: Request, at now: Instant) {
        guard let command = try? Command(preparing: request) else { return }
        _ = propose(command, at: now)
    }

    /// - Returns: false when it was refused, as when leadership has just ended: the next leader reconciles again.
    mutating func propose(_ command: Command, at now: Instant) -> Bool {
        (try? replica?.node.propose([command.encode()], at: now)) != nil
    }

    // MARK: Catalog

    private mutating func reconcile(_ member: PoolMember, at now: Instant) {
        switch member.status {
        case .alive, .leaving: registerAlive(member, at: now)
        case .failed: registerFailed(member.name, at: now)
        case .left: forgetNode(member.name, at: now)
        case .none: break
        }
    }

    private mutating func registerAlive(_ member: PoolMember, at now: Instant) {
        let tags = ServerTags(member: member)
        let service = tags.map { tags in
            NodeService(
                id: "consul", service: "consul",
                meta: [
                    "non_voter": "false", "raft_version": "3", "serf_protocol_current": "2", "serf_protocol_max": "5",
                    "serf_protocol_min": "1", "version": Build.consulVersion,
                ], port: Int(tags.port), weights: Weights(passing: 1, warning: 1))
        }
        let known = nodeServices(of: member.name)
        let address = member.endpoint.address.description
        if known?.node?.address == address, serfHealth(of: member.name)?.status == CheckStatus.passing.rawValue,
            service == nil || Self.isSame(known?.services?["consul"], service)
        {
            return
        }
        propose(
            .catalogRegister(
                RegisterRequest(
                    datacenter: configuration.datacenter, id: member.tags["id"] ?? "", node: member.name,
                    address: address, service: service,
                    check: Self.serfHealth(member.name, .passing, "Agent alive and reachable"), skipNodeUpdate: true)),
            at: now)
    }

    private static func isSame(_ known: NodeService?, _ service: NodeService?) -> Bool {
        known?.service == service?.service && known?.port == service?.port
    }

    private mutating func registerFailed(_ name: String, at now: Instant) {
        guard let node = nodeServices(of: name)?.node, let check = serfHealth(of: name),
            check.status != CheckStatus.critical.rawValue
        else { return }
        propose(
            .catalogRegister(
                RegisterRequest(
                    datacenter: configuration.datacenter, id: node.id, node: name, address: node.address,
                    check: Self.serfHealth(name, .critical, "Agent not live or unreachable"),
                    skipNodeUpdate: true)), at: now)
    }

    private mutating func forgetNode(_ name: String, at now: Instant) {
        guard name != configuration.node, serfHealth(of: name) != nil else { return }
        propose(
            .catalogDeregister(DeregisterRequest(datacenter: configuration.datacenter, node: name)), at: now)
    }

    /// Nodes that an agent once held and that the pool has reaped meanwhile, or that this server does not know yet:
    /// with them their services, sessions and locks would go.
    private mutating func lookForUnknownNodes(at now: Instant) {
        let request = DCSpecificRequest(datacenter: configuration.datacenter)
        guard case .nodes(let nodes) = readOwn(.catalogListNodes(request)) else { return }
        let members = Set(lan.members.map(\.name))
        let unknown = (nodes.nodes ?? []).map(\.node).filter {
            !members.contains($0) && $0 != configuration.node && serfHealth(of: $0) != nil
        }
        let (failed, gone) = duties.sawUnknown(unknown, at: now)
        for name in failed { registerFailed(name, at: now) }
        for name in gone {
            log(.info, "the pool has not known this node for long, it is forgotten", ["node": name])
            forgetNode(name, at: now)
        }
    }

    private static func serfHealth(_ node: String, _ status: CheckStatus, _ output: String) -> HealthCheck {
        HealthCheck(
            node: node, checkID: "serfHealth", name: "Serf Health Status", status: status.rawValue, output: output)
    }

    func readOwn(_ request: Request) -> Response? {
        replica?.catalog.answer(request, datacenter: configuration.datacenter)?.response
    }

    private func nodeServices(of node: String) -> NodeServices? {
        let request = NodeSpecificRequest(datacenter: configuration.datacenter, node: node)
        guard case .nodeServices(let answer) = readOwn(.catalogNodeServices(request)),
            // The name could also be the beginning of another node's id.
            let found = answer.nodeServices, found.node?.node.lowercased() == node.lowercased()
        else { return nil }
        return found
    }

    private func serfHealth(of node: String) -> HealthCheck? {
        let request = NodeSpecificRequest(datacenter: configuration.datacenter, node: node)
        guard case .healthChecks(let answer) = readOwn(.healthNodeChecks(request)) else { return nil }
        return answer.healthChecks?.first { $0.checkID == "serfHealth" }
    }

    // MARK: Peer set

    /// One change at a time (Raft thesis §4.1): the first that is due; Raft refuses it while another is not committed.
    private mutating func reconcileMembership(at now: Instant) {
        guard let change = nextMembershipChange(at: now) else { return }
        do throws(ProposeError) {
            try replica?.node.changeMembership(change, at: now)
            log(.notice, "peer set change proposed", ["raft.change": "\(change)"])
        } catch {
            // Not the leader any more, or a change is under way: looked at again in half a second.
        }
    }

    private mutating func nextMembershipChange(at now: Instant) -> MembershipChange? {
        guard replica != nil else { return nil }
        lanServers.refresh(from: lan, datacenter: configuration.datacenter)
        let membership = replica!.node.membership
        var statuses: [NodeID: PoolMember.Status] = [:]
        for server in lanServers.servers {
            let id = server.id
            statuses[id] = server.status
            guard server.status == .alive, let endpoint = server.endpoint else { continue }
            guard let peer = membership[id] else {
                // A server of another cluster keeps its log: it must be wiped before it can join this one.
                let prefix = server.clusterPrefix
                guard prefix == nil || prefix == replica!.node.clusterID.tag else { continue }
                return .addLearner(RaftServer(id: id, name: server.name, endpoint: endpoint, suffrage: .learner))
            }
            if peer.endpoint != endpoint { return .updateEndpoint(id, endpoint) }
            if peer.suffrage == .learner, isCaughtUp(id) { return .promote(id) }
        }
        return removal(from: membership, statuses: statuses, at: now)
    }

    /// A learner gets its vote once it is within a heartbeat's worth of entries of the commit index: as a voter it must
    /// not hold up commits.
    private func isCaughtUp(_ id: NodeID) -> Bool {
        guard let match = replica?.node.matchIndex(of: id), match > .zero else { return false }
        return (replica?.node.commitIndex ?? match) - match <= 64
    }

    private mutating func removal(
        from membership: Membership, statuses: [NodeID: PoolMember.Status], at now: Instant
    ) -> MembershipChange? {
        var dead: [NodeID] = []
        for server in membership.servers where server.id != configuration.nodeID {
            switch statuses[server.id] {
            case .left?: return .remove(server.id)
            case .failed?, nil:
                // Its word in the log counts more than what the pool says of it.
                let heard = replica?.node.lastAnswer(of: server.id)
                if let heard, now - heard < LeaderDuties.deadServerGrace {
                    duties.failedSince[server.id] = nil
                    continue
                }
                let since = duties.failedSince[server.id] ?? now
                duties.failedSince[server.id] = since
                if now - since >= LeaderDuties.deadServerGrace { dead.append(server.id) }
            case .alive?, .leaving?, .some(.none): duties.failedSince[server.id] = nil
            }
        }
        let autopilot = replica?.catalog.autopilotConfiguration ?? .standard
        guard autopilot.cleanupDeadServers else { return nil }
        // A learner counts for no quorum.
        if let learner = dead.first(where: { !membership.isVoter($0) }) { return .remove(learner) }
        // Consul's autopilot: fewer than half of the voters may be dropped, so three servers never drop one.
        guard let voter = dead.first, dead.count < membership.voters.count / 2,
            membership.voters.count > Int(clamping: autopilot.minQuorum)
        else { return nil }
        return .remove(voter)
    }
}
