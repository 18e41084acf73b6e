package import TopologyCore

/// Makes a failing run smaller: takes actions out while the same expectation still fails (delta debugging, Zeller and
/// Hildebrandt 2002: first halves, then ever smaller parts).
package struct TopologyShrinker: Sendable {
    /// Where an action stands in a file.
    package struct Place: Hashable, Sendable {
        /// Nil: in the schedule.
        var step: Int?
        var entry: Int
        var action: Int
    }

    /// A run is tried at most so often: of 60 actions a third is usually left after 100 runs.
    private static let maxRunCount = 200

    package private(set) var runCount = 0
    private let topology: Topology
    private let seed: UInt64
    private let failure: String

    /// - Parameter failure: `TopologyReport.failure` of the run with this seed.
    package init(_ topology: Topology, seed: UInt64, failure: String) {
        self.topology = topology
        self.seed = seed
        self.failure = failure
    }

    /// - Returns: what is left of faults and actions, in the order of the file.
    package mutating func run(progress: (Int, Int) -> Void) -> [TopologyAction] {
        var kept = Self.removable(topology)
        var partCount = 2
        while kept.count >= 1 && runCount < Self.maxRunCount {
            let size = max(1, (kept.count + partCount - 1) / partCount)
            var isSmaller = false
            for start in stride(from: 0, to: kept.count, by: size) {
                let rest = Array(kept[..<start] + kept[min(kept.count, start + size)...])
                guard fails(rest) else { continue }
                kept = rest
                isSmaller = true
                break
            }
            progress(kept.count, runCount)
            if isSmaller {
                partCount = max(2, partCount - 1)
            } else if size == 1 {
                break
            } else {
                partCount = min(kept.count, partCount * 2)
            }
        }
        return kept.map { action(at: $0) }
    }

    private mutating func fails(_ kept: [Place]) -> Bool {
        guard runCount < Self.maxRunCount else { return false }
        runCount += 1
        var options = TopologySimulation.Options()
        options.seed = seed
        options.kept = Set(kept)
        guard var run = try? TopologySimulation(topology, options) else { return false }
        return run.run().failure == failure
    }

    private func action(at place: Place) -> TopologyAction {
        let actions = place.step.map { topology.steps[$0].actions } ?? topology.schedule[place.entry].actions
        return actions[place.action]
    }

    /// All but what a federation needs to be there at all, and what ends a load that an expectation reads.
    private static func removable(_ topology: Topology) -> [Place] {
        var places: [Place] = []
        for (step, actions) in topology.steps.map(\.actions).enumerated() {
            for (number, action) in actions.enumerated() where isRemovable(action) {
                places.append(Place(step: step, entry: 0, action: number))
            }
        }
        for (entry, actions) in topology.schedule.map(\.actions).enumerated() {
            for (number, action) in actions.enumerated() where isRemovable(action) {
                places.append(Place(step: nil, entry: entry, action: number))
            }
        }
        return places
    }

    static func isRemovable(_ action: TopologyAction) -> Bool {
        switch action.kind {
        case .start, .register, .load, .finish, .measure, .report: false
        // Later actions may speak of whom it met.
        case .kill(_, let alias): alias == nil
        case .stop, .restart, .freeze, .resume, .rollingRestart, .leave, .forceLeave,
            .forget, .addServer, .removeDatacenter,
            .put, .delete, .wait, .partition, .bridge, .ring, .cut, .heal, .clog, .unclog, .slowDisk, .fullDisk,
            .mendDisk, .clockSkew, .clockJump:
            true
        }
    }
}

extension Topology {
    /// Without the removable actions that are not among these.
    func keeping(_ kept: Set<TopologyShrinker.Place>) -> Topology {
        var topology = self
        for step in steps.indices {
            topology.steps[step].actions = steps[step].actions.enumerated().filter { number, action in
                !TopologyShrinker.isRemovable(action)
                    || kept.contains(TopologyShrinker.Place(step: step, entry: 0, action: number))
            }.map(\.element)
        }
        for entry in schedule.indices {
            topology.schedule[entry].actions = schedule[entry].actions.enumerated().filter { number, action in
                !TopologyShrinker.isRemovable(action)
                    || kept.contains(TopologyShrinker.Place(step: nil, entry: entry, action: number))
            }.map(\.element)
        }
        return topology
    }
}
