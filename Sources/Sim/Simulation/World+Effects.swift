import CatalogCore
import Determinism
import FederationModel
import RaftCore
import ServerCore

// What agents want done, done with simulated means.
extension World {
    mutating func perform(_ effect: Effect, by host: Int) {
        switch effect {
        case .datagram(_, let to, let bytes): send(bytes, from: host, to: to)
        case .connect(let stream, let to, let timeout): connect(stream, from: host, to: to, timeout: timeout)
        case .write(let stream, let bytes): write(.bytes(bytes), on: stream, by: host)
        case .close(let stream): write(.closed, on: stream, by: host)
        case .persist(let sequence, let batch):
            disks[host].write(batch, sequence: sequence)
            startSync(host)
        case .saveSnapshot(let metadata, let catalog, let trailing):
            let data = catalog.snapshot()
            var digest = EventHash()
            digest.combine(data)
            catalogDigests.append((host: host, metadata.index, digest.value))
            let delay = random.duration(in: .milliseconds(1)..<(.milliseconds(50)))
            events.add(
                .snapshotWritten(
                    host: host, life: states[host].life, metadata, data, keepingTrailing: trailing), due: now + delay)
        case .installSnapshot(let metadata, let data):
            disks[host].save(metadata, data, keepingTrailing: 0)
            startSync(host)
            events.add(
                .input(host: host, life: states[host].life, .snapshotSaved(metadata)), due: now + .milliseconds(40))
        case .publish(let view): views[host] = view
        case .answer(let id, let result): answers.append((host: host, id, result))
        case .agentAnswer(let id, let answer): agentAnswers.append((host: host, id, answer))
        case .probe(let id, _):
            let result = ProbeResult.answered(code: probeStatus, reason: "", body: "", timings: .init())
            events.add(
                .input(host: host, life: states[host].life, .probed(id, result)), due: now + .milliseconds(2))
        case .cancelProbe: break
        case .drawIdentities(let count):
            var bytes: [UInt8] = []
            while bytes.count < count { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
            events.add(.input(host: host, life: states[host].life, .identities(bytes)), due: now)
        case .saveFile(let name, let bytes): disks[host].files[name] = bytes
        case .appendFile(let name, let bytes): disks[host].files[name, default: []] += bytes
        case .log(let line):
            guard keepsLog, line.level.rawValue >= LogLine.Level.info.rawValue else { break }
            let values = line.values.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            lines.append("\(seconds) \(names[host]) \(line.message) \(values)")
        case .stop(let reason, let failed):
            lines.append("\(failed ? "VIOLATION " : "")\(seconds) \(names[host]) stops: \(reason)")
            stopping.append(host)
        case .observed(let observation): observations.append((host: host, observation))
        }
    }

    // MARK: Disk

    private mutating func startSync(_ host: Int) {
        guard !states[host].isSyncing else { return }
        states[host].isSyncing = true
        let latency = random.duration(in: .microseconds(100)..<(.milliseconds(random.chance(0.02) ? 30 : 2)))
        events.add(.synced(host: host, life: states[host].life), due: now + latency)
    }

    mutating func synced(_ host: Int, life: Int) {
        guard states[host].life == life, states[host].isRunning else { return }
        states[host].isSyncing = false
        guard let sequence = disks[host].sync() else { return }
        hand(.persisted(through: sequence), to: host)
    }
}
