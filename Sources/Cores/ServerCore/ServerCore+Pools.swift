import Determinism
package import FederationModel
import GossipCore
import RPCCore
import RaftCore
import RoutingCore
import SerfCore
import WireFormat

extension ServerCore {
    // MARK: What the pools are told at the start

    static func lanConfiguration(_ configuration: ServerConfiguration, clusterID: ClusterID) -> SerfConfiguration {
        var serf = SerfConfiguration.lan(
            name: configuration.node, endpoint: configuration.lanEndpoint,
            tags: tags(configuration, .lan, clusterID))
        serf.timings = configuration.gossipLAN
        serf.mergeRule = .lan(
            datacenter: configuration.datacenter, segment: "", nodeID: configuration.nodeID.description,
            refusesForeignServers: configuration.isServer)
        serf.reconnectTimeout = configuration.reconnectTimeoutLAN
        serf.snapshot = configuration.lanSnapshot
        return common(configuration, .lan, serf)
    }

    static func wanConfiguration(
        _ configuration: ServerConfiguration, endpoint: Endpoint, clusterID: ClusterID
    ) -> SerfConfiguration {
        var serf = SerfConfiguration.wan(
            name: "\(configuration.node).\(configuration.datacenter)", endpoint: endpoint,
            tags: tags(configuration, .wan, clusterID))
        serf.timings = configuration.gossipWAN
        serf.mergeRule = .wan
        serf.reconnectTimeout = configuration.reconnectTimeoutWAN
        serf.rejoinsEachMember = true
        serf.snapshot = configuration.wanSnapshot
        return common(configuration, .wan, serf)
    }

    private static func common(
        _ configuration: ServerConfiguration, _ channel: Channel, _ serf: SerfConfiguration
    ) -> SerfConfiguration {
        var serf = serf
        serf.keyring = configuration.savedKeyrings[channel] ?? configuration.keyring
        serf.cipher = serf.keyring == nil ? nil : configuration.cipher
        serf.verifiesIncoming = configuration.verifiesIncomingGossip
        serf.verifiesOutgoing = configuration.verifiesOutgoingGossip
        serf.rejoinsAfterLeave = configuration.rejoinAfterLeave
        return serf
    }

    private static func tags(
        _ configuration: ServerConfiguration, _ channel: Channel, _ clusterID: ClusterID
    ) -> [String: String] {
        guard configuration.isServer else {
            return ServerTags.client(
                datacenter: configuration.datacenter, segment: "", id: configuration.nodeID.description)
        }
        var tags = ServerTags()
        tags.datacenter = configuration.datacenter
        tags.id = configuration.nodeID.description
        tags.port = configuration.rpcEndpoint.port
        tags.build = "\(Build.consulVersion):\(Build.version)"
        tags.features = ["fs": 1]
        tags.isthmusProtocol = Build.protocolNumber
        if clusterID != .none { tags.clusterPrefix = clusterID.tag }
        if channel == .lan { tags.wanJoinPort = configuration.wanEndpoint?.port }
        switch configuration.bootstrap {
        case .alone: tags.isBootstrap = true
        case .expect(let count): tags.expect = count
        case .never: break
        }
        return tags.tags
    }

    // MARK: Effects

    mutating func performPool(_ channel: Channel, at now: Instant) {
        while !poolEffects.isEmpty {
            var batch: [PoolEffect] = []
            swap(&batch, &poolEffects)
            batch.reverseByMoving()
            while let effect = batch.popLast() {
                switch effect {
                case .datagram(let to, let bytes): out.append(.datagram(channel, to: to, bytes))
                case .connect(let stream, let to, let timeout): out.append(.connect(stream, to: to, timeout: timeout))
                case .write(let stream, let bytes): out.append(.write(stream, bytes))
                case .close(let stream): out.append(.close(stream))
                case .event(let event): happened(event, in: channel, at: now)
                case .joined(let id, let count, let errors): joined(id, channel, count: count, errors: errors, at: now)
                case .left: poolLeft(channel, at: now)
                case .appendSnapshot(let bytes): out.append(.appendFile(name: Self.snapshotName(channel), bytes))
                case .replaceSnapshot(let bytes): out.append(.saveFile(name: Self.snapshotName(channel), bytes))
                case .saveKeyring(let keys): saveKeyring(keys, channel)
                case .log(let line): out.append(.log(line))
                }
            }
            batch.removeAll(keepingCapacity: true)
            if poolEffects.isEmpty { swap(&batch, &poolEffects) }
        }
    }

    /// Consul's names, so that an operator finds them.
    package static func snapshotName(_ channel: Channel) -> String {
        channel == .wan ? "serf/remote.snapshot" : "serf/local.snapshot"
    }

    private mutating func happened(_ event: PoolEvent, in channel: Channel, at now: Instant) {
        switch event {
        case .memberJoined(let member):
            metrics.add(.memberJoined)
            changed(member, in: channel, word: "joined", at: now)
        case .memberUpdated(let member): changed(member, in: channel, word: "updated", at: now)
        case .memberFailed(let member):
            metrics.add(.memberFailed)
            changed(member, in: channel, word: "failed", at: now)
        case .memberLeft(let member):
            metrics.add(.memberLeft)
            changed(member, in: channel, word: "left", at: now)
        case .memberReaped(let member):
            changed(member, in: channel, word: "reaped", at: now)
            guard channel == .wan else { break }
            router.handle(.removed(member.name), at: now, into: &routerEffects)
            erased(member.name, at: now)
        case .strangersNamed(let present, let left):
            if channel == .wan { strangersNamed(present, left: left, at: now) }
        case .strangerErased(let name): if channel == .wan { erased(name, at: now) }
        case .nameTaken(let holder): nameTaken(by: holder, in: channel)
        case .queryAnswered(let id, let from, let payload):
            queryAnswered(id, from: from, payload: payload, at: now)
        case .queryEnded(let id): queryEnded(id, at: now)
        case .userEvent(let name, let payload, let time, _):
            switch channel {
            case .lan: userEventArrived(name, payload, time: time, at: now)
            case .wan: federationEvent(name, payload, at: now)
            case .rpc: break
            }
        case .memberBarred(let member, let incarnation):
            if channel == .wan { barred(member, incarnation: incarnation, at: now) }
        case .queryReceived, .queryAcked: break
        }
        performRouter(at: now)
    }

    private mutating func changed(_ member: PoolMember, in channel: Channel, word: String, at now: Instant) {
        log(
            word == "failed" ? .warning : .info, "member \(word)",
            ["gossip.pool": "\(channel)", "gossip.member": member.name, "gossip.address": member.endpoint.description])
        out.append(.observed(.member(channel, member.name, member.status)))
        switch channel {
        case .lan:
            servers.refresh(from: lan.members, datacenter: configuration.datacenter, using: &random)
            warnOfForeignServer(member)
            duties.memberChanged(member.name)
            bootstrapWhenComplete(at: now)
            if member.status == .alive { flood(at: now) }
            if configuration.isServer || servers.preferred != nil { retryParked(at: now) }
            local.poolChanged(memberCount: lan.members.count, at: now)
        case .wan:
            warnOfForeignServer(member)
            guard let server = routeServer(member) else { return }
            router.handle(.updated(server), at: now, into: &routerEffects)
            listed(server.datacenter, at: now)
        case .rpc: break
        }
    }

    /// Two nodes of one name cannot be told apart: the one that comes later ends at its first join.
    private mutating func nameTaken(by holder: PoolMember, in channel: Channel) {
        guard channel == .lan, joiner.isJoining(.lan) else { return }
        let reason =
            "the name \"\(configuration.node)\" of this agent at \(configuration.lanEndpoint) is taken by the node "
            + "at \(holder.endpoint) with node ID \(holder.tags["id"] ?? ""); give another -node"
        out.append(.stop(reason: reason, failed: true))
    }

    /// A server of another engine is never a Raft peer of ours: said loudly, once per appearance. The LAN pool refuses
    /// it, the WAN pool does not.
    private mutating func warnOfForeignServer(_ member: PoolMember) {
        guard configuration.isServer, member.status == .alive, let tags = ServerTags(member: member),
            tags.isthmusProtocol == nil, tags.datacenter == configuration.datacenter
        else { return }
        log(
            .error,
            "a server of another engine is in our datacenter: it will not be a peer; stop it or give it "
                + "a datacenter of its own",
            ["gossip.member": member.name, "gossip.address": member.endpoint.description, "build": tags.build])
    }

    func routeServer(_ member: PoolMember) -> RouteServer? {
        guard let tags = ServerTags(member: member), let endpoint = tags.endpoint else { return nil }
        return RouteServer(
            name: member.name, node: tags.nodeName, datacenter: tags.datacenter, endpoint: endpoint,
            isIsthmus: tags.isthmusProtocol != nil, clusterTag: tags.clusterPrefix, status: member.status)
    }

    // MARK: Joining

    mutating func joinAgain(at now: Instant) {
        // Who leaves must not come back by itself.
        guard leaving == nil else { return joiner.stop() }
        guard joiner.isDue(at: now) else { return }
        for channel in [Channel.lan, .wan] {
            if let endpoints = joiner.takeStart(channel) { join(endpoints, in: channel, for: .start(channel), at: now) }
            for due in joiner.due(channel, at: now) {
                switch due {
                case .join(let id, let endpoints): join(endpoints, in: channel, for: .retry(id), at: now)
                case .lookUp(let id, let name): out.append(.lookUp(id, name))
                case .late(let id, let name): joinFailed(id, ["\(name.host): no answer of the resolver"], at: now)
                }
            }
        }
        guard joiner.nextFlood <= now else { return }
        joiner.nextFlood = now + Joiner.floodInterval
        flood(at: now)
    }

    mutating func join(_ endpoints: [Endpoint], in channel: Channel, for purpose: Joiner.Purpose, at now: Instant) {
        // Events of the WAN pool are ours and told apart by their stamps: who missed one is to hear of it.
        let input = PoolInput.join(joiner.newJoin(purpose), endpoints, ignoreOldEvents: channel == .lan)
        switch channel {
        case .wan: wan?.handle(input, at: now, into: &poolEffects)
        case .lan, .rpc: lan.handle(input, at: now, into: &poolEffects)
        }
        performPool(channel, at: now)
    }

    /// Brings every server of this datacenter into the WAN pool.
    private mutating func flood(at now: Instant) {
        guard let wan else { return }
        let known = Set(wan.members.filter { $0.status == .alive }.map(\.name))
        var missing: [Endpoint] = []
        for member in lan.members where member.status == .alive && member.name != configuration.node {
            guard let tags = ServerTags(member: member), let port = tags.wanJoinPort,
                !known.contains("\(member.name).\(configuration.datacenter)")
            else { continue }
            missing.append(Endpoint(member.endpoint.address, port))
        }
        for endpoint in missing { join([endpoint], in: .wan, for: .flood, at: now) }
    }

    private mutating func joined(_ id: JoinID, _ channel: Channel, count: Int, errors: [String], at now: Instant) {
        switch joiner.take(id) {
        case .start(let channel):
            guard count == 0 else { return logJoined(channel, count: count) }
            let reason = "cannot join the \(channel) pool: \(errors.joined(separator: "; "))"
            out.append(.stop(reason: reason, failed: true))
        case .retry(let id):
            guard count > 0 else { return joinFailed(id, errors, at: now) }
            joiner.joined(channel)
            logJoined(channel, count: count)
        case .request(let id):
            let text = ErrorList.text(errors.map { Self.consulText(ofJoinError: $0) })
            out.append(.agentAnswer(id, count > 0 ? .joined(count) : .failed(.failed(text))))
        case .flood:
            if count == 0 { log(.debug, "flood join failed", ["error": errors.joined(separator: "; ")]) }
        case nil: break
        }
    }

    /// `127.0.0.1:8301: connection refused` in Consul's words.
    private static func consulText(ofJoinError text: String) -> String {
        guard let end = text.firstRange(of: ": ") else { return text }
        let peer = text[..<end.lowerBound]
        let host = peer.lastIndex(of: ":").map { peer[..<$0] } ?? peer
        let reason =
            switch text[end.upperBound...] {
            case "connection refused": "dial tcp \(peer): connect: connection refused"
            case "connect timeout": "dial tcp \(peer): i/o timeout"
            case let reason: String(reason)
            }
        return "Failed to join \(host): \(reason)"
    }

    private mutating func joinFailed(_ id: LookupID, _ errors: [String], at now: Instant) {
        let pool = "\(id.channel)"
        log(.warning, "join failed", ["gossip.pool": pool, "error": errors.joined(separator: "; ")])
        guard !joiner.failed(id, at: now) else { return }
        out.append(.stop(reason: "the \(pool) pool was not joined in as many attempts as allowed", failed: true))
    }

    /// The resolver's answer to a name that is to be joined; empty when it has none.
    mutating func resolved(_ id: LookupID, _ endpoints: [Endpoint], at now: Instant) {
        guard joiner.resolved(id, isFound: !endpoints.isEmpty) else { return }
        guard !endpoints.isEmpty else { return joinFailed(id, ["a name has no address"], at: now) }
        join(endpoints, in: id.channel, for: .retry(id), at: now)
    }

    private mutating func logJoined(_ channel: Channel, count: Int) {
        log(.info, "joined pool", ["gossip.pool": "\(channel)", "gossip.count": String(count)])
    }

    // MARK: Verdicts and routes

    mutating func performRouter(at now: Instant) {
        while !routerEffects.isEmpty {
            var batch: [RouterEffect] = []
            swap(&batch, &routerEffects)
            batch.reverseByMoving()
            while let effect = batch.popLast() {
                switch effect {
                case .ping(let id, let server, let fresh): ping(id, server, fresh: fresh, at: now)
                case .verdictChanged(let datacenter, let from, let to, let reason):
                    out.append(.observed(.verdict(datacenter: datacenter, from: from, to: to, reason: reason)))
                    log(
                        to == .up ? .notice : .warning, "datacenter is \(to.rawValue)",
                        ["federation.datacenter": datacenter, "federation.reason": reason])
                    announce(datacenter, to, at: now)
                    if to == .unreachable || to == .frozen || to == .left { datacenterFell(datacenter, at: now) }
                case .breakerOpened(let datacenter): breakerOpened(datacenter, at: now)
                case .federationVerdictChanged(let datacenter, _, let to, let reason):
                    log(
                        .info, "datacenter is \(to.rawValue) for the federation",
                        ["federation.datacenter": datacenter, "federation.reason": reason])
                case .knock(let server): knock(server, at: now)
                case .log(let line): out.append(.log(line))
                }
            }
        }
        performSwitchboard(at: now)
    }

    /// What arrives from a datacenter that does not answer shows that the way from there works.
    mutating func heard(from source: Endpoint, at now: Instant) {
        guard router.isMissingAny, let member = wan?.member(at: source), let tags = ServerTags(member: member) else {
            return
        }
        router.handle(.heard(datacenter: tags.datacenter), at: now, into: &routerEffects)
    }

    private mutating func knock(_ server: RouteServer, at now: Instant) {
        wan?.handle(.knock(server.name), at: now, into: &poolEffects)
        performPool(.wan, at: now)
    }

    /// Real Consul servers know no ping of ours: they are asked for their leader.
    private mutating func ping(_ id: PingID, _ server: RouteServer, fresh: Bool, at now: Instant) {
        let call: CallID
        if server.isIsthmus {
            var ping = Ping(datacenter: configuration.datacenter, node: configuration.node)
            ping.wantedRows = router.wantedRows(fresh: fresh, at: now)
            ping.rowStamp = router.heldStamp(of: server.node, in: server.datacenter)
            var body = MessagePackWriter(reserving: 96)
            ping.encode(into: &body)
            call = send(Self.pingMethod, body.bytes, to: server, fresh: fresh, at: now)
        } else {
            call = send(
                .statusLeader(DCSpecificRequest(datacenter: server.datacenter)), to: server, fresh: fresh, at: now)
        }
        pings.sent(Pings.Ping(id: id, isOurs: server.isIsthmus, sentAt: now, isFresh: fresh), as: call)
    }

    /// A question to a server of another datacenter that gets as long as a ping.
    mutating func send(_ request: Request, to server: RouteServer, fresh: Bool, at now: Instant) -> CallID {
        var body = MessagePackWriter()
        request.encodeBody(into: &body)
        return send(request.method, body.bytes, to: server, fresh: fresh, at: now)
    }

    private mutating func send(
        _ method: String, _ body: [UInt8], to server: RouteServer, fresh: Bool, at now: Instant
    ) -> CallID {
        let call = requests.newCall()
        switchboard.handle(
            .call(
                call, to: server.endpoint, method: method, body: body,
                deadline: now + router.configuration.pingTimeout, fresh: fresh),
            at: now, into: &switchboardEffects)
        return call
    }

    /// - Returns: false when the call is no ping of ours.
    mutating func pingCompleted(_ call: CallID, _ result: Result<[UInt8], CallFailure>, at now: Instant) -> Bool {
        guard let ping = pings.take(call) else { return false }
        switch result {
        case .success(let body):
            // An answer that cannot be read is one all the same.
            var leader: String?
            if !ping.isOurs {
                var reader = MessagePackReader(body)
                leader = try? reader.readString()
            } else if let pong = try? Pong(decoding: body) {
                leader = pong.leader
                learnRows(pong, at: now)
                learnForgotten(pong.forgotten, at: now)
            }
            router.handle(
                .pingAnswered(ping.id, leader: leader, roundTrip: now - ping.sentAt), at: now, into: &routerEffects)
        case .failure(let failure):
            let input = RouterInput.pingCallFailed(
                ping.id, failure, fresh: ping.isFresh, roundTrip: now - ping.sentAt)
            router.handle(input, at: now, into: &routerEffects)
        }
        performRouter(at: now)
        return true
    }

    private mutating func learnRows(_ pong: Pong, at now: Instant) {
        if pong.isRowHeldGood {
            let input = RouterInput.rowHolds(server: pong.node, datacenter: pong.datacenter)
            router.handle(input, at: now, into: &routerEffects)
        }
        guard !pong.rows.isEmpty else { return }
        do throws(WireError) {
            router.handle(.rows(try ReachabilityRows.decode(pong.rows)), at: now, into: &routerEffects)
        } catch {
            log(
                .debug, "rows of a ping's answer cannot be read",
                ["federation.datacenter": pong.datacenter, "federation.server": pong.node, "error": error.description])
        }
    }

    /// Own datacenter first, then by network distance (`wire/consul-rpc.md` 4.7).
    var datacentersByDistance: [String] {
        guard let wan else { return [configuration.datacenter] }
        let own = wan.coordinate
        return router.datacenters { server in
            wan.cachedCoordinate(of: server.name).flatMap { CoordinateClient.distance(own, $0) }
        }
    }

    var datacenterMaps: [DatacenterMap] {
        guard let wan else { return [] }
        var maps: [String: DatacenterMap] = [:]
        for member in wan.members where member.status != .left {
            guard let tags = ServerTags(member: member), let coordinate = wan.cachedCoordinate(of: member.name) else {
                continue
            }
            maps[tags.datacenter, default: DatacenterMap(datacenter: tags.datacenter, areaID: "wan", coordinates: [])]
                .coordinates?.append(Coordinate(node: tags.nodeName, coord: coordinate))
        }
        return maps.keys.sorted().compactMap { maps[$0] }
    }
}
