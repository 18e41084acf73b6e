import Determinism
import TopologyCore

/// One agent after another is killed, frozen or cut off for a while; each comes back by itself.
struct PassingFaults: Sendable {
    /// Scripts of the world from this number on are its own.
    let firstScript: Int
    /// Who may be the victim: the first so many agents.
    let victimCount: Int
    /// Longest of one, and between the beginnings of two.
    let longest: Duration
    private var random: SeededRandom
    private(set) var faults: [String] = []
    private var hasEnded = false

    private enum Fault { case kill, freeze, cut }

    init(firstScript: Int, victimCount: Int, longest: Duration = .seconds(4), random: SeededRandom) {
        self.firstScript = firstScript
        self.victimCount = victimCount
        self.longest = longest
        self.random = random
    }

    mutating func begin(in world: inout World, after pause: Duration) {
        world.schedule(script: firstScript, after: pause)
    }

    /// - Returns: false when the script is somebody else's.
    mutating func act(_ script: Int, in world: inout World) -> Bool {
        guard script >= firstScript else { return false }
        guard !hasEnded else { return true }
        if script > firstScript {
            mend(script - firstScript - 1, in: &world)
        } else {
            fault(in: &world)
        }
        return true
    }

    /// Ends all of them.
    mutating func heal(_ world: inout World) {
        hasEnded = true
        world.healAll()
        for host in world.hosts.indices {
            world.resume(host)
            if !world.isRunning(host) { world.start(host) }
        }
    }

    /// Its end is a script that the victim's number tells.
    private mutating func fault(in world: inout World) {
        world.schedule(script: firstScript, after: random.duration(in: .seconds(1)..<longest))
        let victim = Int.random(in: 0..<victimCount, using: &random)
        guard world.isRunning(victim), !world.states[victim].isFrozen else { return }
        let time = random.duration(in: .milliseconds(100)..<longest)
        let name = world.hosts[victim]
        switch [Fault.kill, .freeze, .cut, .cut].randomElement(using: &random) ?? .cut {
        case .kill:
            note("kill \(name)", time, in: &world)
            world.kill(victim)
        case .freeze:
            note("freeze \(name)", time, in: &world)
            world.freeze(victim)
        case .cut:
            let cut = world.hosts.indices.filter { $0 != victim && random.chance(0.7) }
            note("cut \(name) off \(cut.map { world.hosts[$0] }.joined(separator: " "))", time, in: &world)
            for other in cut {
                world.setCut(true, from: victim, to: other)
                if random.chance(0.8) { world.setCut(true, from: other, to: victim) }
            }
        }
        world.schedule(script: firstScript + 1 + victim, after: time)
    }

    private func mend(_ victim: Int, in world: inout World) {
        world.note("mend \(world.hosts[victim])")
        for other in world.hosts.indices where other != victim {
            world.setCut(false, from: victim, to: other)
            world.setCut(false, from: other, to: victim)
        }
        world.resume(victim)
        if !world.isRunning(victim) { world.start(victim) }
    }

    private mutating func note(_ text: String, _ time: Duration, in world: inout World) {
        faults.append("\(text) for \(time.shown)")
        world.note("\(text) for \(time.shown)")
    }
}
