import CatalogCore
import Determinism
import FederationModel
import GossipCore
import RaftCore
package import ServerCore
import StorageFormat
import TopologyCore

// Agents of a world: added, started, ended, frozen.
extension World {
    /// - Parameter frontEnd: its HTTP and DNS; by default as without any configuration of them.
    package mutating func add(_ configuration: ServerConfiguration, frontEnd: FrontEnd? = nil) -> Int {
        let host = states.count
        let identity = FileIdentity(datacenter: configuration.datacenter, nodeID: configuration.nodeID)
        let place = datacenters.firstIndex(of: configuration.datacenter) ?? datacenters.count
        if place == datacenters.count { datacenters.append(configuration.datacenter) }
        states.append(Host(datacenter: configuration.datacenter, place: place))
        processes.append(AgentProcess(nil))
        turnCounts.append(0)
        configurations.append(configuration)
        disks.append(SimulatedDisk(identity: identity))
        views.append(nil)
        names.append(configuration.node)
        linkOfStream.append(NumberTable())
        frontEnds.append(frontEnd ?? FrontEnd(configuration))
        layWires()
        listeners[configuration.rpcEndpoint] = (host: host, channel: .rpc)
        listeners[configuration.lanEndpoint] = (host: host, channel: .lan)
        if let wan = configuration.wanEndpoint { listeners[wan] = (host: host, channel: .wan) }
        return host
    }

    /// Conditions between hosts so far are kept.
    fileprivate mutating func layWires() {
        areLinksNew = true
        let old = wires
        let count = states.count
        wires = []
        wires.reserveCapacity(count * count)
        for from in 0..<count {
            for to in 0..<count {
                let isNew = from == count - 1 || to == count - 1
                wires.append(isNew ? Wire(defaultLink(from, to)) : old[from * (count - 1) + to])
            }
        }
    }

    fileprivate func defaultLink(_ from: Int, _ to: Int) -> Topology.Link {
        states[from].datacenter == states[to].datacenter ? .inside : .between
    }

    /// A small file of the agent's data directory.
    package func file(_ name: String, of host: Int) -> [UInt8]? { disks[host].files[name] }

    package mutating func start(_ host: Int) {
        precondition(!states[host].isRunning, "\(names[host]) runs already")
        states[host].life += 1
        states[host].isSyncing = false
        states[host].setTimer = .distantFuture
        var configuration = configurations[host]
        for channel in [Channel.lan, .wan] {
            guard let file = disks[host].files[ServerCore.keyringName(channel)] else { continue }
            configuration.savedKeyrings[channel] = try? KeyringFile.read(file)
        }
        configuration.lanSnapshot = disks[host].files[ServerCore.snapshotName(.lan)] ?? []
        configuration.wanSnapshot = disks[host].files[ServerCore.snapshotName(.wan)] ?? []
        configuration.forgottenFile = disks[host].files[ServerCore.forgottenName] ?? []
        configuration.datacentersFile = disks[host].files[ServerCore.datacentersName] ?? []
        configuration.commitFile = disks[host].files[ServerCore.commitFileName] ?? []
        do throws(StorageError) {
            let opened = try disks[host].open()
            tell(host, .started(opened.recovery))
            let core = ServerCore(
                configuration, recovery: opened.recovery, snapshot: opened.catalog,
                localState: disks[host].files[ServerCore.localStateName] ?? [],
                at: states[host].clock.local(now), random: random.split())
            processes[host] = AgentProcess(core)
            states[host].isRunning = true
        } catch {
            lines.append("VIOLATION \(names[host]) cannot open its disk: \(error)")
        }
        note("start \(names[host])", host, .process(names[host], .started))
        step(host)
    }

    /// SIGKILL; peers see a reset.
    /// - Parameter losesUnsynced: power was lost too: unsynced bytes are gone.
    package mutating func kill(_ host: Int, losesUnsynced: Bool = true) {
        guard states[host].isRunning else { return }
        if losesUnsynced { disks[host].crash(using: &random) }
        note("kill \(names[host])", host, .process(names[host], .ended("killed")))
        end(host)
    }

    /// SIGTERM: the agent ends as it is configured to; `endings` says when.
    package mutating func terminate(_ host: Int, leave: Bool) {
        note("terminate \(names[host])", host)
        hand(.shutdown(leave: leave), to: host)
    }

    /// The process is gone and its kernel closes what it had open.
    mutating func end(_ host: Int) {
        states[host].isRunning = false
        tell(host, .ended)
        processes[host] = AgentProcess(nil)
        views[host] = nil
        states[host].isFrozen = false
        states[host].heldInputs = []
        states[host].faults.waiting = []
        linkOfStream[host] = NumberTable()
        dropClients(of: host)
        for number in links.numbers {
            guard let link = links[number], link.dialler == host || link.acceptor == host else { continue }
            links.change(number) { link in
                if link.dialler == host { link.isHeldByDialler = false }
                if link.acceptor == host { link.isHeldByAcceptor = false }
            }
            let toDialler = link.acceptor == host
            deliver(.closed, on: number, toDialler: toDialler)
        }
    }

    /// Its disk was replaced.
    package mutating func wipe(_ host: Int) {
        kill(host)
        disks[host] = SimulatedDisk(identity: disks[host].identity)
        note("wipe \(names[host])", host)
    }

    package mutating func freeze(_ host: Int) {
        guard states[host].isRunning else { return }
        states[host].isFrozen = true
        tell(host, .froze)
        note("freeze \(names[host])", host, .process(names[host], .frozen))
    }

    package mutating func resume(_ host: Int) {
        guard states[host].isFrozen else { return }
        states[host].isFrozen = false
        tell(host, .resumed)
        var held = states[host].heldInputs
        states[host].heldInputs = []
        note("resume \(names[host])", host, .process(names[host], .resumed))
        let last = held.popLast()
        step(host, last, after: held)
        resumeClients(of: host)
    }

    package func isRunning(_ host: Int) -> Bool { states[host].isRunning }
}
