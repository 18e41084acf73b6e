package import Determinism
import FederationModel
import RaftCore
import ServerCore

/// A run whose faults are drawn from its seed and aimed at what is easily got wrong.
package struct HardReport: Equatable, Sendable {
    package let scenario: String
    package let seed: UInt64
    /// The first is the cause.
    package let violations: [Violation]
    package let hash: UInt64
    package let eventCount: Int
    /// What happened in numbers: elections, acknowledged writes and the like.
    package let counts: [(name: String, count: Int)]
    package let faults: [String]

    package var line: String { "\(scenario) \(seed): \(outcome)" }

    /// Behind what names the run.
    package var outcome: String {
        let numbers = counts.map { "\($0.name)=\($0.count)" }.joined(separator: " ")
        return "\(violations.isEmpty ? "ok" : "FAILED") events=\(eventCount) \(numbers) "
            + "faults=\(faults.count) hash=\(String(hash, radix: 16))"
    }

    init(
        _ scenario: HardScenario, _ world: World, violations: [Violation], faults: [String],
        counts: [(name: String, count: Int)]
    ) {
        self.scenario = scenario.rawValue
        seed = world.seed
        self.violations = violations
        hash = world.hash.value
        eventCount = world.eventCount
        self.counts = counts
        self.faults = faults
    }

    package static func == (left: HardReport, right: HardReport) -> Bool {
        left.line == right.line && left.violations == right.violations && left.faults == right.faults
    }
}

extension ServerConfiguration {
    /// An agent of a scenario in one datacenter, `dc1`, at 127.1.1.1 and on.
    /// - Parameters:
    ///   - number: from 0 on; the first `serverCount` are servers that expect each other.
    ///   - prefix: of its name, before the number from 1 on.
    ///   - joinedCount: it joins those of the first so many that are others.
    static func agent(
        _ number: Int, named prefix: String, serverCount: Int, joinedCount: Int, using random: inout SeededRandom
    ) -> ServerConfiguration {
        func address(_ number: Int) -> IPAddress { IPAddress(127, 1, 1, UInt8(truncatingIfNeeded: number + 1)) }
        let here = address(number)
        let isServer = number < serverCount
        var configuration = ServerConfiguration(
            datacenter: "dc1", node: "\(prefix)\(number + 1)", nodeID: NodeID.random(using: &random),
            isServer: isServer, rpcEndpoint: Endpoint(here, DefaultPort.server),
            lanEndpoint: Endpoint(here, DefaultPort.serfLAN), wanEndpoint: nil, wanAddress: here)
        if isServer { configuration.bootstrap = .expect(serverCount) }
        configuration.join.endpoints = (0..<joinedCount).filter { $0 != number }
            .map { Endpoint(address($0), DefaultPort.serfLAN) }
        configuration.join.interval = .seconds(1)
        return configuration
    }
}

/// One run of a scenario.
protocol HardRun {
    var world: World { get set }

    mutating func run() -> HardReport
}

/// The scenarios of `Scripts/explore --mutants`.
package enum HardScenario: String, CaseIterable, Sendable {
    /// One datacenter: Raft, requests, watches.
    case datacenter
    /// One gossip pool.
    case pool
    /// A datacenter that is forgotten.
    case forgetting
    /// Anti-entropy: what agents register.
    case registrations
    /// Sessions with a time to live, and locks.
    case sessions

    /// The one that is to find it.
    package init(for mutant: Mutant) {
        switch mutant {
        case .deadAtOnceByPushPull, .refutedWithoutIncarnation: self = .pool
        case .forgottenAdmitted, .endedByOldIncarnation: self = .forgetting
        case .serviceWithoutChecks, .registrationOvertaken: self = .registrations
        case .renewedWithoutLease, .renewedAtItsEnd, .lockProposedWhileHeld: self = .sessions
        case .voteNotPersisted, .appendAnsweredBeforeSync, .olderTermCommitted, .noNoop, .leaseKeptAfterTimeoutNow,
            .voteRightAfterRestart, .readIndexWithoutQuorum, .changeBeforeNoop, .snapshotWithoutMembership,
            .entryAppliedTwice, .viewPublishedAfterAnswer, .prefixWatchMissesDelete, .writeRetriedAfterUnknown:
            self = .datacenter
        }
    }

    /// - Parameters:
    ///   - say: takes the log of the agents.
    ///   - tracer: takes each event as it happens.
    package func run(
        seed: UInt64, say: ((String) -> Void)? = nil, tracer: (@Sendable (TraceEvent) -> Void)? = nil
    ) -> HardReport {
        switch self {
        case .datacenter: Self.run(DatacenterRun(seed: seed), say, tracer)
        case .pool: Self.run(PoolRun(seed: seed), say, tracer)
        case .forgetting: Self.run(ForgettingRun(seed: seed), say, tracer)
        case .registrations: Self.run(RegistrationRun(seed: seed), say, tracer)
        case .sessions: Self.run(SessionRun(seed: seed), say, tracer)
        }
    }

    private static func run(
        _ one: some HardRun, _ say: ((String) -> Void)?, _ tracer: (@Sendable (TraceEvent) -> Void)?
    ) -> HardReport {
        var one = one
        one.world.keepsLog = say != nil
        one.world.tracer = tracer
        let report = one.run()
        for line in one.world.lines { say?(line) }
        return report
    }
}
