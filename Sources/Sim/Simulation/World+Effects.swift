import CatalogCore
import Determinism
import FederationModel
import GossipCore
import RaftCore
import ServerCore
import TopologyCore

// What agents want done, done with simulated means.
extension World {
    mutating func perform(_ effect: Effect, by host: Int) {
        switch effect {
        case .datagram(_, let to, let bytes): send(bytes, from: host, to: to)
        case .connect(let stream, let to, let timeout): connect(stream, from: host, to: to, timeout: timeout)
        case .write(let stream, let bytes): write(.bytes(bytes), on: stream, by: host)
        case .close(let stream): write(.closed, on: stream, by: host)
        case .persist(let sequence, let batch):
            tell(host, .wrote(batch))
            persist(batch, sequence: sequence, by: host)
        case .saveSnapshot(let metadata, let catalog, let trailing):
            let data = catalog.snapshot()
            var digest = EventHash()
            digest.combine(data)
            catalogDigests.append((host: host, metadata.index, digest.value))
            tell(host, .saved(metadata, catalog: digest.value))
            let delay = random.duration(in: .milliseconds(1)..<(.milliseconds(50)))
            add(
                .snapshotWritten(
                    host: host, life: states[host].life, metadata, data, keepingTrailing: trailing), due: now + delay)
        case .installSnapshot(let metadata, let data):
            guard !states[host].faults.isFull else {
                let input = Input.snapshotFailed("no space left on the device")
                return add(.input(host: host, life: states[host].life, input), due: now + .milliseconds(1))
            }
            tell(host, .installed(metadata))
            disks[host].save(metadata, data, keepingTrailing: 0)
            startSync(host)
            add(
                .input(host: host, life: states[host].life, .snapshotSaved(metadata)), due: now + .milliseconds(40))
        case .publish(let view): views[host] = view
        case .answer(let id, let result, let details):
            let viewIndex = views[host]?.appliedIndex ?? .zero
            tell(host, .answered(id, view: viewIndex))
            if !answerClient(id, .request(result, details)) { answers.append((host: host, id, result)) }
        case .agentAnswer(let id, let answer):
            if !answerClient(id, .agent(answer)) { agentAnswers.append((host: host, id, answer)) }
        case .probe(let id, let request): probe(id, request, by: host)
        case .cancelProbe: break
        case .lookUp(let id, let name):
            guard let addresses = self.addresses[name.host] else { break }
            let endpoints = addresses.map { Endpoint($0, name.port) }
            add(
                .input(host: host, life: states[host].life, .resolved(id, endpoints)), due: now + .milliseconds(5))
        case .drawIdentities(let count):
            var bytes: [UInt8] = []
            while bytes.count < count { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
            add(.input(host: host, life: states[host].life, .identities(bytes)), due: now)
        case .saveFile(let name, let bytes): disks[host].files[name] = bytes
        case .appendFile(let name, let bytes): disks[host].files[name, default: []] += bytes
        case .log(let line):
            trace(.log, host, line.text)
            if keepsFacts && line.message == Memberlist.condemnation, let member = line.values.first?.value {
                tell(host, .condemned(member))
            }
            guard keepsLog, line.level.rawValue >= LogLine.Level.info.rawValue else { break }
            lines.append("\(seconds) \(names[host]) \(line.text)")
        case .stop(let reason, let failed):
            // A disk whose syncs fail is to end its agent.
            let isViolation = failed && !states[host].faults.failsSync
            lines.append("\(isViolation ? "VIOLATION " : "")\(seconds) \(names[host]) stops: \(reason)")
            endings.append(Ending(host: host, reason: reason, failed: failed))
            trace(.fault, host, "\(names[host]) stops: \(reason)", .process(names[host], .ended(reason)))
            stopping.append(host)
        case .observed(let observation):
            if tracer != nil { trace(observation, host) }
            observations.append((host: host, observation))
            tell(host, .observed(observation))
        }
    }
}

extension LogLine {
    fileprivate var text: String {
        ([message] + values.map { "\($0.key)=\($0.value)" }).joined(separator: " ")
    }
}
