import Determinism
import FederationModel
import GossipCore
import RaftCore
import ServerCore
package import TopologyCore

/// One line of a run's event log.
package struct TraceEvent: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case datagram, stream, lost, disk, client, probe, log
        /// Elections and leaders.
        case leader
        case verdict
        /// Starts, kills, cuts and the like.
        case fault
        /// Steps and expectations of a topology.
        case step
    }

    package let kind: Kind
    /// Empty: of the whole world.
    package let node: String
    package let datacenter: String
    package let text: String
    /// Since the world began.
    package let time: Duration
    /// What it means to a timeline; nil: nothing.
    package let fact: TimelineFact?

    /// `12.345678 dc1-s2 leader leads in term 3`.
    package var line: String {
        let micros = time.wholeNanoseconds / 1000
        let fraction = String(micros % 1_000_000)
        let seconds = "\(micros / 1_000_000).\(String(repeating: "0", count: 6 - fraction.utf8.count))\(fraction)"
        return "\(seconds) \((node.isEmpty ? "-" : node).padding(to: 8)) \(kind.rawValue.padding(to: 8)) \(text)"
    }
}

extension World {
    /// Costs nothing without a tracer.
    package func trace(
        _ kind: TraceEvent.Kind, _ host: Int?, _ text: @autoclosure () -> String,
        _ fact: @autoclosure () -> TimelineFact? = nil
    ) {
        guard let tracer else { return }
        tracer(
            TraceEvent(
                kind: kind, node: host.map { names[$0] } ?? "",
                datacenter: host.map { states[$0].datacenter } ?? "", text: text(),
                time: now - Self.beginning, fact: fact()))
    }

    func trace(_ input: Input, _ host: Int) {
        switch input {
        case .datagram(let channel, let from, let bytes):
            trace(.datagram, host, "\(channel) from \(name(of: from)), \(Self.shown(datagram: bytes))")
        case .accepted(let stream, let from): trace(.stream, host, "\(stream) accepted from \(from.address)")
        case .connected(let stream): trace(.stream, host, "\(stream) connected")
        case .connectFailed(let stream, let reason): trace(.stream, host, "\(stream) not connected: \(reason)")
        case .received(let stream, let bytes): trace(.stream, host, "\(stream) received \(bytes.count) bytes")
        case .closed(let stream): trace(.stream, host, "\(stream) closed")
        case .persisted(let sequence): trace(.disk, host, "synced through write \(sequence)")
        case .persistFailed(let failure): trace(.disk, host, "write failed: \(failure)")
        case .diskRecovered: trace(.disk, host, "space has returned")
        case .snapshotSaved(let metadata): trace(.disk, host, "snapshot of index \(metadata.index) saved")
        case .snapshotFailed(let reason): trace(.disk, host, "snapshot failed: \(reason)")
        case .request(let id, let request, _, _): trace(.client, host, "request \(id.number): \(request.kind)")
        case .agentRequest(let id, _): trace(.client, host, "request \(id.number) of the agent")
        case .cancelled(let id): trace(.client, host, "request \(id.number) cancelled")
        case .probed(let id, let result): trace(.probe, host, "probe \(id.number): \(result)")
        case .resolved(let id, let endpoints): trace(.stream, host, "\(id) resolved: \(endpoints)")
        case .identities(let bytes): trace(.client, host, "\(bytes.count) random bytes")
        case .shutdown(let leave): trace(.fault, host, leave ? "asked to leave" : "asked to stop")
        }
    }

    /// What gossip says of members, when it is not encrypted.
    private static func shown(datagram bytes: [UInt8]) -> String {
        let words = Datagram.read(bytes).messages.compactMap { message in
            switch message {
            case .alive(let alive): "\(alive.node) alive in \(alive.incarnation)"
            case .suspect(let accusation): "\(accusation.from) suspects \(accusation.node) in \(accusation.incarnation)"
            case .dead(let accusation): "\(accusation.from) calls \(accusation.node) dead in \(accusation.incarnation)"
            case .ping, .indirectPing, .ack, .nack, .user: nil as String?
            }
        }
        return (["\(bytes.count) bytes"] + words).joined(separator: ", ")
    }

    func trace(_ observation: Observation, _ host: Int) {
        switch observation {
        case .becameLeader(let term):
            trace(.leader, host, "leads in term \(term)", .leads(names[host], term: term.value))
        case .leaderChanged(let leader, let term):
            let followed = leader.map { name(of: $0) }
            trace(
                .leader, host, "follows \(followed ?? "nobody") in term \(term)",
                .follows(names[host], leader: followed, term: term.value))
        case .voted(let term, let candidate): trace(.leader, host, "votes for \(name(of: candidate)) in term \(term)")
        case .verdict(let datacenter, let from, let to, let reason):
            trace(
                .verdict, host, "\(datacenter): \(from.map { "\($0)" } ?? "unknown") → \(to), \(reason)",
                .verdict(of: datacenter, by: names[host], is: "\(to)", reason: reason))
        case .clusterKnown, .applied, .member: break
        }
    }

    private func name(of node: NodeID) -> String {
        configurations.firstIndex { $0.nodeID == node }.map { names[$0] } ?? node.description
    }

    private func name(of endpoint: Endpoint) -> String {
        listeners[endpoint].map { names[$0.host] } ?? endpoint.description
    }
}
