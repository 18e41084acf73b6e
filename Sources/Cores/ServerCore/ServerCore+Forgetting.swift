import Determinism
import FederationModel
import RPCCore
import RoutingCore
import SerfCore
import WireFormat

// A datacenter that is gone for good: forgotten by all servers, and kept forgotten.

extension ServerCore {
    /// Beside the pools' snapshots, which would bring its members back.
    package static let forgottenName = "serf/forgotten"

    private func stamp(_ now: Instant) -> UInt64 { router.stamp(now) }

    private static func suffix(_ datacenter: String) -> String { "." + datacenter }

    mutating func startForgetting(at now: Instant) {
        guard configuration.isServer else { return }
        do throws(WireError) {
            for tombstone in try TombstoneFile.decode(configuration.forgottenFile) { forgetting.put(tombstone) }
        } catch {
            let reason = "\(Self.forgottenName) cannot be read (\(error)); restore it, or remove it to know again "
                + "what was forgotten"
            return out.append(.stop(reason: reason, failed: true))
        }
        for tombstone in forgetting.standing { bar(tombstone.datacenter, at: now) }
    }

    mutating func advanceForgetting(at now: Instant) {
        guard !forgetting.isEmpty else { return }
        let expired = forgetting.dropExpired(stamp: stamp(now))
        guard !expired.isEmpty else { return }
        for tombstone in expired { admit(tombstone.datacenter, at: now) }
        saveForgotten()
    }

    private mutating func saveForgotten() {
        out.append(.saveFile(name: Self.forgottenName, TombstoneFile.encode(forgetting.all)))
    }

    private mutating func bar(_ datacenter: String, at now: Instant) {
        wan?.handle(.bar(suffix: Self.suffix(datacenter)), at: now, into: &poolEffects)
        performPool(.wan, at: now)
        known.forget(datacenter)
        saveKnown(at: now)
    }

    private mutating func admit(_ datacenter: String, at now: Instant) {
        wan?.handle(.admit(suffix: Self.suffix(datacenter)), at: now, into: &poolEffects)
        performPool(.wan, at: now)
    }

    // MARK: Asked to forget

    mutating func forget(_ datacenter: String, isForced: Bool, at now: Instant) -> AgentResponse {
        guard configuration.isServer, wan != nil else { return .failed(.failed("ask a server to forget a datacenter")) }
        guard datacenter != configuration.datacenter else {
            return .failed(.refused("\(datacenter) is the datacenter of this server"))
        }
        let report = router.report(of: datacenter, at: now)
        guard report != nil || forgetting.isForgotten(datacenter) else {
            return .failed(.notFound("no datacenter \"\(datacenter)\" is known"))
        }
        if let report, !isForced, let witness = Self.witness(report) {
            return .failed(.refused("\(datacenter) answers \(witness); force cuts it off all the same"))
        }
        guard forgetting[datacenter] != nil || forgetting.all.count < TombstoneFile.maxCount else {
            return .failed(.refused("\(TombstoneFile.maxCount) datacenters are forgotten already"))
        }
        var tombstone = Tombstone(
            datacenter: datacenter, stamp: max(stamp(now), (forgetting[datacenter]?.stamp ?? 0) + 1),
            clusterTag: router.clusterTag(of: datacenter) ?? "", isForced: isForced, origin: configuration.node)
        tombstone.servers = members(of: datacenter)
        // Other engines understand a leave with erasure, one for each member.
        for server in report?.servers ?? [] {
            wan?.handle(.forceLeave(server.name, prune: true), at: now, into: &poolEffects)
        }
        performPool(.wan, at: now)
        apply(tombstone, at: now)
        wan?.handle(
            .userEvent(Tombstone.eventName, payload: tombstone.forOthers.encoded, coalesce: false), at: now,
            into: &poolEffects)
        performPool(.wan, at: now)
        return .done
    }

    /// Who hears answers of it, or has not found out that there are none; nil when nobody does.
    private static func witness(_ report: DatacenterReport) -> String? {
        if report.verdict.reaches { return "this server" }
        return report.votes.first { $0.reaches }.map(\.datacenter)
    }

    private mutating func apply(_ tombstone: Tombstone, at now: Instant) {
        forgetting.put(tombstone)
        log(
            .notice, "datacenter is forgotten",
            [
                "federation.datacenter": tombstone.datacenter, "federation.origin": tombstone.origin,
                "federation.forced": String(tombstone.isForced),
            ])
        bar(tombstone.datacenter, at: now)
        saveForgotten()
    }

    /// How the pool knows them; 32 are more than a datacenter has voters.
    private func members(of datacenter: String) -> [Tombstone.Server] {
        let suffix = Self.suffix(datacenter)
        return (wan?.members ?? []).filter { $0.name.hasSuffix(suffix) }.prefix(32).map { member in
            let times = wan?.times(of: member.name) ?? (status: 0, incarnation: 0)
            return Tombstone.Server(name: member.name, statusTime: times.status, incarnation: times.incarnation)
        }
    }

    // MARK: Heard from others

    mutating func forgottenHeard(_ payload: [UInt8], at now: Instant) {
        do throws(WireError) {
            learn(try Tombstone(decoding: payload), at: now)
        } catch {
            log(.warning, "event of forgetting cannot be read", ["error": error.description])
        }
    }

    mutating func learnForgotten(_ bytes: [UInt8], at now: Instant) {
        guard !bytes.isEmpty else { return }
        do throws(WireError) {
            for tombstone in try TombstoneFile.decode(bytes) { learn(tombstone, at: now) }
        } catch {
            log(.debug, "tombstones of a ping's answer cannot be read", ["error": error.description])
        }
    }

    private mutating func learn(_ heard: Tombstone, at now: Instant) {
        guard configuration.isServer, heard.isStanding else { return }
        if heard.datacenter == configuration.datacenter { return outlive(heard) }
        guard forgetting.isNews(heard, stamp: stamp(now)) else { return }
        var tombstone = heard.forOthers
        // Somebody without a path to it forgot it, and here it answers. It is told of again with each ping.
        if !tombstone.isForced, let report = router.report(of: heard.datacenter, at: now), report.verdict.reaches,
            report.servers.contains(where: { $0.missCount == 0 && $0.lastAnswerAge != nil })
        {
            return
        }
        tombstone.servers = members(of: tombstone.datacenter)
        apply(tombstone, at: now)
    }

    /// We are forgotten and live: answers carry a newer incarnation from now on, as SWIM refutes. Who was cut off by
    /// force stays away until it starts anew.
    mutating func outlive(_ tombstone: Tombstone) {
        guard !tombstone.isForced else { return }
        outlive(stamp: tombstone.stamp)
    }

    mutating func outlive(stamp: UInt64) {
        guard stamp >= incarnation, stamp < .max else { return }
        incarnation = stamp + 1
    }

    // MARK: Whether it lives again

    /// Gossip lists a server of a forgotten datacenter as alive: it is believed when that server says so itself.
    mutating func barred(_ member: PoolMember, incarnation claimed: UInt64, at now: Instant) {
        guard let server = routeServer(member), let tombstone = forgetting[server.datacenter],
            forgetting.mayProbe(server.datacenter, at: now)
        else { return }
        let request: Request
        if server.isIsthmus {
            var ping = Ping(datacenter: configuration.datacenter, node: configuration.node)
            ping.forgottenStamp = tombstone.isForced ? 0 : tombstone.stamp
            request = .isthmusPing(ping)
        } else {
            request = .statusLeader(DCSpecificRequest(datacenter: server.datacenter))
        }
        let call = send(request, to: server, fresh: true, at: now)
        forgetting.probing(
            TombstoneBook.Probe(
                datacenter: server.datacenter, request: request, incarnation: claimed, name: member.name,
                gossip: member.endpoint), as: call)
        performSwitchboard(at: now)
    }

    /// - Returns: false when the call asked no forgotten datacenter.
    mutating func revivalCompleted(_ call: CallID, _ result: Result<[UInt8], CallFailure>, at now: Instant) -> Bool {
        guard let probe = forgetting.take(call) else { return false }
        guard var tombstone = forgetting[probe.datacenter], tombstone.isStanding, case .success(let body) = result,
            lives(probe, tombstone, body)
        else { return true }
        tombstone.endedStamp = max(1, stamp(now))
        forgetting.put(tombstone)
        saveForgotten()
        log(
            .notice, "forgotten datacenter answers with a newer incarnation and is known again",
            ["federation.datacenter": tombstone.datacenter, "federation.server": probe.name])
        admit(tombstone.datacenter, at: now)
        // It tells us of the others of its datacenter at once.
        join([probe.gossip], in: .wan, for: .flood, at: now)
        return true
    }

    private func lives(_ probe: TombstoneBook.Probe, _ tombstone: Tombstone, _ body: [UInt8]) -> Bool {
        var reader = MessagePackReader(body)
        guard let answer = try? probe.request.decodeResponse(from: &reader) else { return false }
        if case .isthmusPong(let pong) = answer {
            let isIt = pong.datacenter == probe.datacenter && probe.name == pong.node + Self.suffix(pong.datacenter)
            return isIt && (pong.incarnation > tombstone.stamp || Mutant.endedByOldIncarnation.isOn)
        }
        // A server of Consul has no incarnation but its gossip's. It was not cut off by force: its answer is enough.
        guard tombstone.isForced else { return true }
        guard let known = tombstone.servers.first(where: { $0.name == probe.name }) else { return false }
        return probe.incarnation > known.incarnation
    }

    // MARK: Who still asks

    mutating func asked(for datacenter: String, by name: @autoclosure () -> String, at now: Instant) {
        guard !forgetting.isEmpty, forgetting.isForgotten(datacenter) else { return }
        forgetting.asked(for: datacenter, by: name(), at: now)
    }
}
