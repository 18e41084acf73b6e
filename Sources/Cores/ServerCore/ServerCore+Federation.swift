import Determinism
import FederationModel
import RaftCore
import RoutingCore
import SerfCore
import WireFormat

// What the agent is asked about the federation, and what servers tell each other of it beside pings.

extension ServerCore {
    static let askServer = AgentResponse.failed(.failed("only servers know the federation; ask a server"))

    mutating func answerFederation(
        _ id: RequestID, _ datacenter: String?, unlessIndex index: UInt64, wait: Duration, at now: Instant
    ) {
        let present = federationAnswer(datacenter, at: now)
        if index > 0, case .federation(_, let current) = present, current == index {
            let limit = QueryOptions.agentBlockingTime(wait)
            if federationWaits.add(id, .init(datacenter: datacenter, index: index), until: now + limit) { return }
        }
        out.append(.agentAnswer(id, present))
    }

    private func federationAnswer(_ datacenter: String?, at now: Instant) -> AgentResponse {
        guard configuration.isServer else { return Self.askServer }
        guard let datacenter else { return .federation(router.reports(at: now), index: router.history.index) }
        guard let report = router.report(of: datacenter, at: now) else {
            return .failed(.notFound("no datacenter \"\(datacenter)\" is known"))
        }
        return .federation([report], index: report.index)
    }

    mutating func advanceFederation(at now: Instant) {
        if router.history.index != federationWaits.seenIndex {
            federationWaits.seenIndex = router.history.index
            let moved = federationWaits.take { [router] wait in
                guard let datacenter = wait.datacenter else { return true }
                return router.changeIndex(of: datacenter) != wait.index
            }
            for (id, wait) in moved { out.append(.agentAnswer(id, federationAnswer(wait.datacenter, at: now))) }
        }
        for (id, wait) in federationWaits.takeExpired(at: now) {
            out.append(.agentAnswer(id, federationAnswer(wait.datacenter, at: now)))
        }
        for (datacenter, told) in announcer.takeDue(at: now) {
            guard let verdict = router.verdict(of: datacenter), verdict != told else { continue }
            announce(datacenter, verdict, at: now)
        }
    }

    // MARK: Events of the WAN pool

    /// The leader tells of a changed verdict, so that a datacenter speaks with one voice.
    mutating func announce(_ datacenter: String, _ verdict: Verdict, at now: Instant) {
        guard wan != nil, replica?.node.isLeader == true, announcer.changed(datacenter, to: verdict, at: now) else {
            return
        }
        let announcement = VerdictAnnouncement(
            observer: configuration.datacenter, server: configuration.node, datacenter: datacenter, verdict: verdict,
            stamp: router.stamp(now))
        let payload = announcement.encoded
        // Names of 128 and 64 bytes fit; a longer one than Consul allows is not worth an event.
        guard payload.count + VerdictAnnouncement.eventName.utf8.count <= VerdictAnnouncement.maxBytes else { return }
        wan?.handle(
            .userEvent(VerdictAnnouncement.eventName, payload: payload, coalesce: false), at: now, into: &poolEffects)
        performPool(.wan, at: now)
    }

    mutating func federationEvent(_ name: String, _ payload: [UInt8], at now: Instant) {
        switch name {
        case Tombstone.eventName: forgottenHeard(payload, at: now)
        case VerdictAnnouncement.eventName:
            guard let announcement = try? VerdictAnnouncement(decoding: payload) else {
                return log(.debug, "event of a verdict cannot be read")
            }
            guard announcement.observer != configuration.datacenter || announcement.server != configuration.node else {
                return
            }
            router.heard(announcement, at: now, into: &routerEffects)
        default: return
        }
    }
}
