import FederationModel
import ServerCore
package import TopologyCore

// Links of a world: cut, clogged, healed.
extension World {
    /// Cuts or heals one direction.
    package mutating func setCut(_ isCut: Bool, from: Int, to: Int) {
        let number = wire(from, to)
        guard wires[number].isCut != isCut else { return }
        wires[number].isCut = isCut
        tell(from, isCut ? .cut(to: to) : .mended(to: to))
        if !isCut { release(from: from, to: to) }
    }

    package func isCut(from: Int, to: Int) -> Bool { wires[wire(from, to)].isCut }

    package mutating func setLink(_ link: Topology.Link, from: Int, to: Int) {
        areLinksNew = true
        wires[wire(from, to)] = Wire(link)
    }

    package mutating func clog(_ values: Topology.LinkValues, from: Int, to: Int) {
        areLinksNew = true
        wires[wire(from, to)].clog(values)
    }

    package mutating func unclog(from: Int, to: Int) {
        areLinksNew = true
        wires[wire(from, to)].unclog()
    }

    package mutating func healAll() {
        for from in states.indices {
            for to in states.indices { setCut(false, from: from, to: to) }
        }
        for host in states.indices { resume(host) }
        note("heal")
    }

    /// Takes an agent's gossip away, datagrams and streams; its server RPC stays.
    package mutating func setGossip(_ isOn: Bool, of host: Int) {
        listeners[configurations[host].lanEndpoint] = isOn ? (host: host, channel: .lan) : nil
        if let wan = configurations[host].wanEndpoint { listeners[wan] = isOn ? (host: host, channel: .wan) : nil }
        note("gossip of \(names[host]) \(isOn ? "on" : "off")")
    }
}
