import Determinism
import FederationModel
import RaftCore
import ServerCore
import StorageFormat
import TopologyCore

/// What is wrong with a host's disk.
struct DiskFaults: Sendable {
    /// On top of every sync.
    var latency = Duration.zero
    var isFull = false
    /// The next sync fails, and the agent must end.
    var failsSync = false
    /// Writes that found no space, in order.
    var waiting: [(sequence: UInt64, batch: WriteBatch)] = []
}

// What disks do to writes, as FileStorage tells of it.
extension World {
    mutating func persist(_ batch: WriteBatch, sequence: UInt64, by host: Int) {
        guard !states[host].faults.isFull else {
            let isFirst = states[host].faults.waiting.isEmpty
            states[host].faults.waiting.append((sequence: sequence, batch: batch))
            if isFirst { add(.synced(host: host, life: states[host].life), due: now + .milliseconds(1)) }
            return
        }
        disks[host].write(batch, sequence: sequence)
        startSync(host)
    }

    mutating func startSync(_ host: Int) {
        guard !states[host].isSyncing else { return }
        states[host].isSyncing = true
        let latency = random.duration(in: .microseconds(100)..<(.milliseconds(random.chance(0.02) ? 30 : 2)))
        add(
            .synced(host: host, life: states[host].life), due: now + latency + states[host].faults.latency)
    }

    mutating func synced(_ host: Int, life: Int) {
        guard states[host].life == life, states[host].isRunning else { return }
        states[host].isSyncing = false
        if states[host].faults.failsSync {
            return hand(.persistFailed(.failed("fdatasync of the log: Input/output error")), to: host)
        }
        if let sequence = disks[host].sync() { hand(.persisted(through: sequence), to: host) }
        if states[host].faults.isFull && !states[host].faults.waiting.isEmpty { hand(.persistFailed(.full), to: host) }
    }

    // MARK: Faults

    package mutating func slowDisk(_ host: Int, latency: Duration) {
        states[host].faults.latency = latency
        note("slow disk of \(names[host])", host, .disk(names[host], fault: "slow disk"))
    }

    package mutating func fillDisk(_ host: Int) {
        states[host].faults.isFull = true
        note("full disk of \(names[host])", host, .disk(names[host], fault: "full disk"))
    }

    /// The next sync fails.
    package mutating func breakDisk(_ host: Int) {
        states[host].faults.failsSync = true
        note("broken disk of \(names[host])", host, .disk(names[host], fault: "broken disk"))
    }

    /// As new again: what waited for space is written.
    package mutating func mendDisk(_ host: Int) {
        let faults = states[host].faults
        states[host].faults = DiskFaults()
        note("mended disk of \(names[host])", host, .disk(names[host], fault: nil))
        guard states[host].isRunning, !faults.waiting.isEmpty else { return }
        for write in faults.waiting { disks[host].write(write.batch, sequence: write.sequence) }
        hand(.diskRecovered, to: host)
        startSync(host)
    }

    /// Power was lost while the agent was down, or with it.
    package mutating func loseUnsynced(_ host: Int) {
        precondition(!states[host].isRunning, "\(names[host]) still writes")
        disks[host].crash(using: &random)
    }

    /// Its disk was replaced: the agent will be another node of the same name.
    package mutating func replaceDisk(_ host: Int) {
        precondition(!states[host].isRunning, "\(names[host]) still writes")
        configurations[host].nodeID = NodeID.random(using: &random)
        disks[host] = SimulatedDisk(
            identity: FileIdentity(datacenter: configurations[host].datacenter, nodeID: configurations[host].nodeID))
        note("empty disk of \(names[host])", host)
    }

    // MARK: Clocks

    /// - Parameter rate: 1 is right.
    package mutating func skewClock(_ host: Int, rate: Double) {
        states[host].clock.setDrift(Int64(((rate - 1) * 1_000_000).rounded()), at: now)
        note("clock of \(names[host]) runs at \(rate)", host)
        wake(host)
    }

    /// Forward: what setting the time of day or a suspended machine does to the clock that agents read. Back: nothing.
    package mutating func jumpClock(_ host: Int, by time: Duration) {
        states[host].clock.jump(by: time)
        note("clock of \(names[host]) jumps by \(time)", host)
        wake(host)
    }
}
