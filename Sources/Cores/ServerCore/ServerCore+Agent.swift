import CatalogCore
import Determinism
import FederationModel
import HealthCore
import RaftCore
import RoutingCore
import SerfCore

// What the agent is asked about itself and its pools.

extension ServerCore {
    mutating func answer(_ request: AgentRequest, id: RequestID, at now: Instant) {
        switch request {
        case .leave: return startLeaving(for: id, at: now)
        case .join(let endpoints, let wan):
            guard !wan || self.wan != nil else {
                return finish(id, .failed(.failed("Must be a server to join WAN cluster")))
            }
            return join(endpoints, in: wan ? .wan : .lan, for: .request(id), at: now)
        case .events(let name, let hash, let wait):
            return listEvents(id, name: name, unlessHash: hash, wait: wait, at: now)
        case .federation(let datacenter, let index, let wait):
            return answerFederation(id, datacenter, unlessIndex: index, wait: wait, at: now)
        case .service(let service, let hash, let wait):
            return answerService(service, hash: hash, wait: wait, id: id, at: now)
        default: finish(id, answer(request, at: now))
        }
    }

    private mutating func finish(_ id: RequestID, _ response: AgentResponse) { out.append(.agentAnswer(id, response)) }

    private mutating func answer(_ request: AgentRequest, at now: Instant) -> AgentResponse {
        switch request {
        case .selfInfo: return .selfInfo(selfInfo(at: now))
        case .members(let wan):
            guard wan else { return .members(lan.members) }
            // A client agent has no WAN pool: it answers with an empty list, as Consul does.
            return .members(self.wan?.members ?? [])
        case .forceLeave(let node, let prune, let isWAN): return forceLeave(node, prune: prune, wan: isWAN, at: now)
        case .services: return .services(listedServices)
        case .checks: return .checks(listedChecks)
        case .servicesAndChecks: return .servicesAndChecks(listedServices, listedChecks)
        case .maintenance(let service, let isEnabled, let reason):
            return maintain(service: service, isEnabled: isEnabled, reason: reason, at: now)
        case .reload(let services, let checks): return reload(services: services, checks: checks, at: now)
        case .registerService(let service, let replace): return register(service, replace: replace, at: now)
        case .deregisterService(let id):
            // Gone is gone: asked again, it has nothing to do.
            return removeService(id, at: now) ? registrationsChanged(at: now) : .done
        case .registerCheck(let check): return register(check, at: now)
        case .deregisterCheck(let id):
            return removeCheck(id, at: now) ? registrationsChanged(at: now) : .done
        case .updateCheck(let id, let status, let output):
            do throws(AgentError) {
                try scheduler.report(id: id, status: status, output: output, at: now, into: &schedulerEffects)
            } catch {
                return .failed(error)
            }
            performScheduler(at: now)
            return .done
        case .fireEvent(let event): return fire(event, at: now)
        case .metrics:
            var snapshot = snapshotOfMetrics
            snapshot.pairs = federationMetrics(at: now)
            return .metrics(snapshot)
        case .reachability:
            guard configuration.isServer else { return Self.askServer }
            return .reachability(router.matrix(at: now))
        case .verdictHistory:
            guard configuration.isServer else { return Self.askServer }
            return .verdictHistory(router.history.changes)
        case .forget(let datacenter, let isForced): return forget(datacenter, isForced: isForced, at: now)
        case .forgotten: return .forgotten(forgetting.reports(stamp: router.stamp(now), at: now))
        case .join, .leave, .events, .service, .federation: return .done
        }
    }

    private var listedServices: [NodeService] {
        local.services.sorted { $0.key < $1.key }.map { local.nodeService($0.value) }
    }

    private var listedChecks: [HealthCheck] {
        local.checks.sorted { $0.key < $1.key }.map { local.healthCheck($0.value) }
    }

    private mutating func forceLeave(_ node: String, prune: Bool, wan isWAN: Bool, at now: Instant) -> AgentResponse {
        let qualified = "\(node).\(configuration.datacenter)"
        let knownLAN = lan.members.contains { $0.name == node }
        let wanName = wan?.members.first { $0.name == node || $0.name == qualified }?.name
        guard knownLAN || wanName != nil else {
            return .failed(.failed("agent: No node found with name '\(node)'"))
        }
        if knownLAN && !isWAN {
            lan.handle(.forceLeave(node, prune: prune), at: now, into: &poolEffects)
            performPool(.lan, at: now)
        }
        if let wanName {
            wan?.handle(.forceLeave(wanName, prune: prune), at: now, into: &poolEffects)
            performPool(.wan, at: now)
        }
        return .done
    }

    private mutating func register(_ service: ServiceDefinition, replace: Bool, at now: Instant) -> AgentResponse {
        let previous = local.checks(of: service.instanceID)
        addService(service, isConfigured: false, at: now)
        if replace {
            let kept = Set(service.completedChecks.map(\.id))
            for check in previous where !kept.contains(check) { _ = removeCheck(check, at: now) }
        }
        return registrationsChanged(at: now)
    }

    private mutating func register(_ check: CheckDefinition, at now: Instant) -> AgentResponse {
        guard check.serviceID.isEmpty || local.services[check.serviceID] != nil else {
            return .failed(.failed("ServiceID \"\(check.serviceID)\" does not exist"))
        }
        addCheck(check, isConfigured: false, at: now)
        return registrationsChanged(at: now)
    }

    mutating func registrationsChanged(at now: Instant) -> AgentResponse {
        performScheduler(at: now)
        savePace.changed(at: now)
        return .done
    }

    // MARK: Self

    private func selfInfo(at now: Instant) -> SelfInfo {
        var stats: [String: [String: String]] = [
            "agent": [
                "check_monitors": "0", "check_ttls": String(local.checks.values.count { $0.definition.ttl != nil }),
                "checks": String(local.checks.count), "services": String(local.services.count),
            ],
            "build": ["prerelease": "", "revision": Build.version, "version": Build.consulVersion],
            "serf_lan": lan.stats,
            "consul": ["acl": "disabled", "server": String(configuration.isServer)],
        ]
        if let wan { stats["serf_wan"] = wan.stats }
        if replica == nil { stats["consul"]?["known_servers"] = String(servers.servers.count) }
        if let replica {
            stats["consul"]?["known_datacenters"] = String(datacentersByDistance.count)
            stats["consul"]?["bootstrap"] = String(configuration.bootstrap == .alone)
            stats["consul"]?["leader"] = String(replica.node.isLeader)
            stats["consul"]?["leader_addr"] = leaderAddress
            stats["raft"] = raftStats(replica, at: now)
        }
        return SelfInfo(
            datacenter: configuration.datacenter, node: configuration.node, nodeID: configuration.nodeID.description,
            isServer: configuration.isServer, version: Build.version, member: lan.local, coordinate: lan.coordinate,
            stats: stats, meta: nodeMeta)
    }

    private func raftStats(_ replica: Replica, at now: Instant) -> [String: String] {
        let node = replica.node
        let contact = node.isLeader ? "0" : node.lastContact.map { max(.zero, now - $0).goText } ?? "never"
        return [
            "fsm_pending": "0", "last_contact": contact, "last_log_term": node.lastTerm.description,
            "last_snapshot_term": (node.snapshot?.term ?? .zero).description,
            "latest_configuration_index": node.membershipIndex.description,
            "protocol_version": "3", "protocol_version_max": "3", "protocol_version_min": "0",
            "snapshot_version_max": "1", "snapshot_version_min": "0",
            "state": node.isLeader ? "Leader" : "Follower", "term": node.term.description,
            "commit_index": node.commitIndex.description, "applied_index": replica.appliedIndex.description,
            "last_log_index": node.lastIndex.description, "last_snapshot_index": replica.snapshotIndex.description,
            "num_peers": String(max(0, node.membership.voters.count - 1)),
            "latest_configuration": node.membership.servers.map { "\($0.name)@\($0.endpoint)(\($0.suffrage))" }
                .joined(separator: " "),
        ]
    }

    private var snapshotOfMetrics: MetricsSnapshot {
        var gauges: [(name: String, value: Double)] = [
            (name: "consul.members.clients", value: Double(lan.members.count { $0.tags["role"] == "node" })),
            (name: "consul.members.servers", value: Double(lan.members.count { $0.tags["role"] == "consul" })),
            (name: "isthmus.requests.pending", value: Double(requests.count)),
        ]
        if let replica {
            gauges += [
                (name: "consul.raft.applied_index", value: Double(replica.appliedIndex.value)),
                (name: "consul.raft.commit_index", value: Double(replica.node.commitIndex.value)),
                (name: "consul.raft.is_leader", value: replica.node.isLeader ? 1 : 0),
                (name: "consul.raft.term", value: Double(replica.node.term.value)),
            ]
        }
        gauges.sort { $0.name < $1.name }
        return MetricsSnapshot(gauges: gauges, counters: metrics.samples, samples: [])
    }
}
