import Determinism
package import FederationModel
import ServerCore
package import TopologyCore

/// A producer of the topology: what probes of agents meet.
package struct SimulatedProducer: Sendable {
    let definition: Topology.Producer
    let endpoint: Endpoint
    /// On whose machine it runs.
    let host: Int
    /// Nil: it does not run.
    var startedAt: Instant?
    var isFrozen = false

    package init(_ definition: Topology.Producer, endpoint: Endpoint, host: Int) {
        self.definition = definition
        self.endpoint = endpoint
        self.host = host
    }
}

extension World {
    package mutating func add(_ producer: SimulatedProducer) -> Int {
        producerAt[producer.endpoint] = producers.count
        producers.append(producer)
        return producers.count - 1
    }

    package mutating func setProducer(_ number: Int, isRunning: Bool) {
        guard (producers[number].startedAt != nil) != isRunning else { return }
        producers[number].startedAt = isRunning ? now : nil
        producers[number].isFrozen = false
        let name = producers[number].definition.name
        note(
            "\(isRunning ? "start" : "end") \(name)", producers[number].host,
            .process(name, isRunning ? .started : .ended("ended")))
    }

    package mutating func setProducer(_ number: Int, isFrozen: Bool) {
        guard producers[number].startedAt != nil else { return }
        producers[number].isFrozen = isFrozen
        let name = producers[number].definition.name
        note(
            "\(isFrozen ? "freeze" : "resume") \(name)", producers[number].host,
            .process(name, isFrozen ? .frozen : .resumed))
    }

    package func isProducerRunning(_ number: Int) -> Bool { producers[number].startedAt != nil }

    /// Over loopback to a producer of the same machine.
    private static let loopback = Duration.microseconds(50)

    mutating func probe(_ id: ProbeID, _ request: ProbeRequest, by host: Int) {
        let (result, delay) = outcome(of: request, by: host)
        trace(.probe, host, "\(request.target) \(result)")
        add(.input(host: host, life: states[host].life, .probed(id, result)), due: now + delay)
    }

    private mutating func outcome(of request: ProbeRequest, by host: Int) -> (ProbeResult, after: Duration) {
        guard !producers.isEmpty else { return (answered(probeStatus, "", .milliseconds(2)), .milliseconds(2)) }
        func silence() -> (ProbeResult, after: Duration) {
            (.failed("timed out after \(request.timeout)"), after: request.timeout)
        }
        var isHTTP = false
        if case .http = request.target { isHTTP = true }
        guard let endpoint = address(of: request.target), let number = producerAt[endpoint] else {
            return (.failed("connection refused"), Self.loopback)
        }
        let (home, isFrozen) = (producers[number].host, producers[number].isFrozen)
        var roundTrip = Self.loopback
        if home != host {
            let (there, back) = (wire(host, home), wire(home, host))
            roundTrip = wires[there].link.drawDelay(using: &random) + wires[back].link.drawDelay(using: &random)
            guard !wires[there].isCut, !wires[back].isCut else { return silence() }
        }
        guard let startedAt = producers[number].startedAt else { return (.failed("connection refused"), roundTrip) }
        // One round trip to connect, one for the answer.
        let connected = roundTrip
        guard isHTTP else {
            if case .reset = producers[number].definition.conduct(at: now - startedAt) {
                return (.failed("connection reset"), connected)
            }
            return connected < request.timeout ? (answered(0, "", connected), connected) : silence()
        }
        guard !isFrozen else { return silence() }
        switch producers[number].definition.conduct(at: now - startedAt) {
        case .hang: return silence()
        case .reset: return (.failed("connection reset"), connected)
        case .answer(let status, let delay, let body):
            let time = roundTrip * 2 + delay
            guard time < request.timeout else { return silence() }
            return (answered(status, body ?? producers[number].definition.name, time), time)
        }
    }

    private func answered(_ status: Int, _ body: String, _ time: Duration) -> ProbeResult {
        var timings = ProbeResult.Timings()
        timings.total = time
        return .answered(code: status, reason: "", body: body, timings: timings)
    }

    /// The same few are probed again and again.
    private mutating func address(of target: ProbeRequest.Target) -> Endpoint? {
        let text =
            switch target {
            case .tcp(let text): text
            case .http(let request): request.url
            }
        if let known = probed[text] { return known }
        let endpoint = Self.endpoint(of: target)
        probed[text] = .some(endpoint)
        return endpoint
    }

    /// Of an address as text; names do not resolve here.
    static func endpoint(of target: ProbeRequest.Target) -> Endpoint? {
        switch target {
        case .tcp(let text): return Endpoint(text, defaultPort: 80)
        case .http(let request):
            let scheme = "http://"
            guard request.url.hasPrefix(scheme) else { return nil }
            let rest = request.url.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
            return Endpoint(String(rest), defaultPort: 80)
        }
    }
}
