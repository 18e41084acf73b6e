import Determinism
import FederationModel
import RaftCore
import SerfCore

extension ServerCore {
    mutating func shutdown(leave: Bool, at now: Instant) {
        guard leave else {
            if savePace.isOwed { saveRegistrations(at: now) }
            out.append(.stop(reason: "asked to stop", failed: false))
            return
        }
        startLeaving(for: nil, at: now)
    }

    mutating func startLeaving(for caller: RequestID?, at now: Instant) {
        if leaving == nil {
            log(.notice, "leaving the datacenter")
            leaving = Leaving(deadline: now + Leaving.transferLimit)
            let peers = replica?.node.membership.voters.count ?? 0
            if replica?.node.isLeader == true && peers > 1 {
                replica?.node.transferLeadership(to: nil, at: now)
            } else {
                leavePools(at: now)
            }
        }
        if let caller { leaving?.callers.append(caller) }
    }

    mutating func advanceLeaving(at now: Instant) {
        guard let leaving else { return }
        switch leaving.stage {
        case .transferring:
            if replica?.node.isLeader != true || leaving.deadline <= now { leavePools(at: now) }
        case .pools:
            if leaving.deadline <= now { awaitPeerSet(at: now) }
        case .peerSet:
            let isPeer = replica?.node.membership[configuration.nodeID] != nil
            let others = (replica?.node.membership.servers.count ?? 0) > 1
            guard leaving.drainedAt <= now else { return }
            self.leaving?.drainedAt = .zero
            if !isPeer || !others || leaving.deadline <= now { finishLeaving(at: now) }
        }
    }

    private mutating func leavePools(at now: Instant) {
        leaving?.stage = .pools
        leaving?.deadline = now + Leaving.poolLimit
        leaving?.openPools = wan == nil ? [.lan] : [.lan, .wan]
        lan.handle(.leave, at: now, into: &poolEffects)
        performPool(.lan, at: now)
        wan?.handle(.leave, at: now, into: &poolEffects)
        performPool(.wan, at: now)
    }

    mutating func poolLeft(_ channel: Channel, at now: Instant) {
        leaving?.openPools.remove(channel)
        if leaving?.stage == .pools && leaving?.openPools.isEmpty == true { awaitPeerSet(at: now) }
    }

    private mutating func awaitPeerSet(at now: Instant) {
        leaving?.stage = .peerSet
        // Nobody else was there: nobody sends anything.
        let hadOthers = (lan.members + (wan?.members ?? [])).contains {
            $0.status == .alive && $0.tags["id"] != configuration.nodeID.description
        }
        let drainedAt = configuration.isServer && hadOthers ? now + configuration.leaveDrainTime : .zero
        leaving?.drainedAt = drainedAt
        leaving?.deadline = max(now + Leaving.peerSetLimit, drainedAt)
    }

    private mutating func finishLeaving(at now: Instant) {
        for caller in leaving?.callers ?? [] { out.append(.agentAnswer(caller, .done)) }
        leaving = nil
        if savePace.isOwed { saveRegistrations(at: now) }
        out.append(.stop(reason: "left the datacenter", failed: false))
    }
}
