/// Another datacenter through which a third one can be asked: one hop, and only where it says that it reaches it.
package struct Relay: Equatable, Sendable {
    package var datacenter: String
    /// Its servers of ours, in the order they are tried. Servers of Consul relay nothing: they know no count of hops.
    package var servers: [Candidate]

    package init(_ datacenter: String, servers: [Candidate]) {
        self.datacenter = datacenter
        self.servers = servers
    }

    /// Borders a request may cross: to the relay, and from there to its datacenter. A request with so many crossed is
    /// served or refused, never handed on, whatever tables say: no loop is possible.
    package static let maxHopCount = 2
}
