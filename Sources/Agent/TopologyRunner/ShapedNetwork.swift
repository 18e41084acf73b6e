import CNamespaces
import Determinism
import Glibc
import Synchronization
import TopologyCore

/// Network namespaces with a TUN device each, and the thread that carries packets between them as a `LinkShaper` says.
/// The run itself is in one more. Nothing leaves them: there is no other device, and all of it is gone with the run's
/// last process.
final class ShapedNetwork: Sendable {
    /// Of sites, by their order, such as 10.77.1; the run itself is 10.77.255.1. Only seen inside the namespaces.
    private static let network = "10.77.0.0"
    private static let observer = "10.77.255.1"

    /// Descriptors of the sites' network namespaces.
    private let namespaces: [Int32]
    private let siteOf: [String: Int]
    /// Of the sites, the run's own last.
    private let tuns: [Int32]
    private let shaper: Mutex<LinkShaper>
    private let stop = StopSwitch()

    /// An address for each agent and producer: 10.77.<site>.<1 and up>.
    static func addresses(_ topology: Topology, _ sites: [[String]]) -> [String: String] {
        var addresses: [String: String] = [:]
        for (site, names) in sites.enumerated() {
            let producers = topology.producers.filter { names.contains($0.node) }.map(\.name)
            for (place, name) in (names + producers).enumerated() {
                addresses[name] = "10.77.\(site + 1).\(place + 1)"
            }
        }
        return addresses
    }

    /// Makes the namespaces; the calling thread, and threads begun later, are in the run's own from here on.
    init(_ topology: Topology, _ plan: TopologyPlan, sites: [[String]], seed: UInt64) throws(FederationReason) {
        var (namespaces, tuns): ([Int32], [Int32]) = ([], [])
        for site in sites.indices {
            tuns.append(try Self.enter("10.77.\(site + 1).1"))
            let namespace = cnamespaces_network()
            guard namespace >= 0 else { throw Self.failure("a network namespace", namespace) }
            namespaces.append(namespace)
        }
        tuns.append(try Self.enter(Self.observer))
        var siteOf: [String: Int] = [:]
        for (site, names) in sites.enumerated() {
            for name in names { siteOf[name] = site }
            for producer in topology.producers where names.contains(producer.node) { siteOf[producer.name] = site }
        }
        (self.namespaces, self.tuns, self.siteOf) = (namespaces, tuns, siteOf)
        shaper = Mutex(LinkShaper(topology, plan, sites: sites, observer: Self.observer, seed: seed))
        DetachedThread.start { [self] in forward() }
    }

    /// The namespace in which an agent or producer runs.
    func namespace(of name: String) -> Int32? { siteOf[name].map { namespaces[$0] } }

    func apply(_ changes: [LinkChange]) -> (isCut: Bool, isClogged: Bool) {
        shaper.withLock { shaper in
            for change in changes { shaper.apply(change) }
            return shaper.linkState
        }
    }

    /// `12345 packets delivered, 40 lost, 12 cut`.
    var summary: String {
        let (delivered, drops) = shaper.withLock { ($0.deliveredCount, $0.dropCounts) }
        let parts = LinkShaper.Drop.allCases.compactMap { drop in drops[drop].map { "\($0) \(drop.rawValue)" } }
        return (["\(delivered) packets delivered"] + parts).joined(separator: ", ")
    }

    func end() { stop.turnOn() }

    private static func enter(_ address: String) throws(FederationReason) -> Int32 {
        var tun: Int32 = -1
        let code = cnamespaces_enter_network(address, network, &tun)
        guard code == 0 else { throw failure("a network namespace with a TUN device", code) }
        return tun
    }

    private static func failure(_ what: String, _ code: Int32) -> FederationReason {
        FederationReason("\(what) cannot be made: \(String(cString: strerror(-code)))")
    }

    // MARK: The thread

    /// Packets of one device that are read before the next one's turn.
    private static let maxBatch = 64

    private func forward() {
        var entries = tuns.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var effects: [LinkShaper.Effect] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !stop.isOn {
            let due = shaper.withLock { $0.nextDeadline }
            // A tenth of a second at most, so that the end of the run is seen.
            let wait = min(max(0, (due - Self.now).wholeNanoseconds), 100_000_000)
            _ = cnamespaces_poll(&entries, UInt64(entries.count), due == .distantFuture ? 100_000_000 : wait)
            shaper.withLock { shaper in
                for (site, entry) in entries.enumerated() where entry.revents != 0 {
                    for _ in 0..<Self.maxBatch {
                        let count = read(entry.fd, &buffer, buffer.count)
                        guard count > 0 else { break }
                        shaper.handle(Array(buffer[..<count]), from: site, at: Self.now, into: &effects)
                    }
                }
                shaper.advance(to: Self.now, into: &effects)
            }
            for effect in effects {
                switch effect {
                // A device whose queue is full drops, as any does.
                case .deliver(let packet, let site): _ = write(tuns[site], packet, packet.count)
                }
            }
            effects.removeAll(keepingCapacity: true)
        }
    }

    private static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
