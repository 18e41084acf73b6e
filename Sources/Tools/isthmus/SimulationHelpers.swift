import Glibc
import Simulation
import TopologyRunner

/// Threads that take turns of simulated agents ahead of the run's clock.
enum SimulationHelpers {
    /// Datacenters that have something to do within one way between them are few: more helpers find nothing.
    static let maxCount = 7
    /// Below it a run is faster alone: what its agents hold stays in one processor's caches. Seen: five datacenters
    /// 1.3 times slower with one helper, ten 1.2 times faster, forty 1.6 times.
    private static let leastDatacenterCount = 10
    /// Looks in vain for which a helper keeps its processor: some 50 microseconds, a few turns.
    private static let watchfulCount = 20_000
    /// How long it sleeps then.
    private static let sleepMicroseconds: UInt32 = 50

    /// One for each processor but that of the run itself.
    static func usualCount(datacenterCount: Int) -> Int {
        guard datacenterCount >= leastDatacenterCount else { return 0 }
        return min(max(0, sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1), maxCount)
    }

    /// - Returns: where the run offers turns until it ends them; nil without helpers.
    static func start(_ count: Int, datacenterCount: Int) -> TurnsAhead? {
        // One datacenter has nobody to be ahead of.
        guard count > 0, datacenterCount > 1 else { return nil }
        let turns = TurnsAhead(datacenterCount: datacenterCount) { _ = sched_yield() }
        for _ in 0..<count {
            DetachedThread.start {
                turns.help { if $0 > watchfulCount { usleep(sleepMicroseconds) } }
            }
        }
        return turns
    }
}
