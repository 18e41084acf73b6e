import Determinism
import FederationModel

extension ProbeLoop {
    /// Finds the addresses of a host: at once for an address or a name in the cache, else when a thread has them.
    /// - Returns: nil when the probe waits or has failed.
    func addresses(of host: String, for probe: Probe) -> [IPAddress]? {
        if let address = IPAddress(host) { return [address] }
        let name = host.lowercased()
        switch names.find(name, at: MonotonicClock.now) {
        case .fresh(let addresses): return addresses
        case .stale(let addresses):
            lookUp(name)
            return addresses
        case .failure(let reason):
            fail(probe, "cannot resolve \(host): \(reason)")
            return nil
        case .unknown:
            probe.phase = .resolving(name)
            lookUp(name)
            lookups[name]?.append(probe.id)
            return nil
        }
    }

    /// Each name is looked up once at a time, however many wait for it.
    private func lookUp(_ name: String) {
        guard lookups[name] == nil else { return }
        lookups[name] = []
        resolver.resolve(name, isSlow: names.isSlow(name))
    }

    func resolved(_ name: String, _ answer: NameResolver.Answer) {
        let now = MonotonicClock.now
        if case .failed = answer, case .stale = names.find(name, at: now) {
            // Better an old address than none: the check itself tells whether it still answers.
        } else {
            names.store(name, answer, at: now)
        }
        for id in lookups.removeValue(forKey: name) ?? [] {
            guard let probe = probes[id], case .resolving(name) = probe.phase else { continue }
            probe.timings.resolved = now - probe.start
            switch (answer, probe.request.target) {
            case (.failed(let reason, _), _): fail(probe, "cannot resolve \(name): \(reason)")
            case (.addresses(let addresses, _), .http): sendHTTP(probe, to: addresses)
            case (.addresses(let addresses, _), .tcp): connectTCP(probe, to: addresses)
            }
        }
    }
}
