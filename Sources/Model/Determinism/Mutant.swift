/// A known mistake, planted where the core that must not make it says `Mutant.….isOn`. `Scripts/explore --mutants`
/// shows that the simulator's checkers find each of them. In every other build `isOn` is the constant false, which
/// leaves nothing of it in the code.
package enum Mutant: String, CaseIterable, Sendable {
    // Raft.
    case voteNotPersisted = "vote-not-persisted"
    case appendAnsweredBeforeSync = "append-answered-before-sync"
    case olderTermCommitted = "older-term-committed-by-counting"
    case noNoop = "no-no-op"
    case leaseKeptAfterTimeoutNow = "lease-kept-after-timeout-now"
    case voteRightAfterRestart = "vote-right-after-restart"
    case readIndexWithoutQuorum = "read-index-without-quorum"
    case changeBeforeNoop = "membership-change-before-no-op"
    case snapshotWithoutMembership = "snapshot-without-membership"
    case entryAppliedTwice = "entry-applied-twice-after-restart"
    // Reads and watches.
    case viewPublishedAfterAnswer = "view-published-after-answer"
    case prefixWatchMissesDelete = "prefix-watch-misses-delete"
    // Gossip.
    case deadAtOnceByPushPull = "push-pull-marks-dead-at-once"
    case refutedWithoutIncarnation = "refuted-without-incarnation"
    // Forgetting.
    case forgottenAdmitted = "forgotten-admitted-by-push-pull"
    case endedByOldIncarnation = "tombstone-ended-by-old-incarnation"
    // Anti-entropy.
    case serviceWithoutChecks = "service-registered-without-its-checks"
    case registrationOvertaken = "registration-overtaken"
    // Sessions.
    case renewedWithoutLease = "session-renewed-without-lease"
    case lockProposedWhileHeld = "lock-proposed-while-held"
    case renewedAtItsEnd = "session-renewed-while-it-ends"
    // Requests.
    case writeRetriedAfterUnknown = "write-retried-after-unknown-outcome"

    #if MUTANTS
        /// Set once, before the first run of the process.
        nonisolated(unsafe) package static var active: Mutant?

        package var isOn: Bool { Mutant.active == self }
    #else
        @inlinable package var isOn: Bool { false }
    #endif
}
