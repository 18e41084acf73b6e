import CatalogCore
import Determinism
import FederationModel
import RaftCore
import WireFormat

// Snapshots for people: Consul's archive of the replicated state, saved and restored.

extension ServerCore {
    /// The archive of the present state, not compressed. O(catalog), on the control loop: some 50 ms for 100,000 keys.
    func savedSnapshot(at now: Instant) -> SnapshotReply {
        guard let replica else { return SnapshotReply() }
        var meta = SnapshotArchive.Meta()
        let index = replica.appliedIndex.value
        let calendar = configuration.calendarOrigin + now.nanoseconds
        meta.index = index
        meta.term = replica.node.term.value
        meta.id = "\(meta.term)-\(index)-\(calendar / 1_000_000)"
        meta.servers = replica.node.membership.servers.map {
            (id: $0.id.description, address: $0.endpoint.description)
        }
        let state = ConsulSnapshot.encode(replica.catalog, datacenter: configuration.datacenter)
        let archive = SnapshotArchive(meta: meta, state: state).tar(time: calendar / 1_000_000_000)
        let view = QueryMeta(index: index, knownLeader: replica.node.leader != nil)
        return SnapshotReply(archive: ByteString(archive), meta: view)
    }

    /// The state as the command that puts it in the place of everything there is.
    mutating func restoring(_ request: SnapshotRestoreRequest) throws(FederationError) -> Command {
        do throws(ConsulSnapshot.Problem) {
            let contents = try ConsulSnapshot.decode(request.state?.bytes ?? [])
            let skipped = contents.skipped.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
            log(
                skipped.isEmpty ? .notice : .warning, "state of a snapshot is restored",
                ["snapshot.index": String(contents.lastIndex), "snapshot.skipped": skipped.isEmpty ? "-" : skipped])
            return .restore(ByteString(contents.catalog.snapshot()))
        } catch {
            throw .remote("failed to restore snapshot: \(error.text)")
        }
    }

    mutating func answerAfterRestore(at now: Instant) {
        startSessionTimers(at: now)
        answerEverybody(at: now)
    }

    /// Everybody who waits is answered with what is there now: indexes may have gone back.
    mutating func answerEverybody(at now: Instant) {
        publishView(toRead: true)
        let woken = replica?.woken.take(atMost: .max) ?? []
        for number in woken + (replica?.waiters.takeAll() ?? []) {
            guard let pending = requests[number], let answer = replica?.view.present(pending.request, at: now) else {
                continue
            }
            finish(number, .success(answer), at: now)
        }
    }
}
