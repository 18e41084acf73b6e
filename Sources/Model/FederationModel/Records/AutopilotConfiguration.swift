/// Consul's `AutopilotConfig`.
package struct AutopilotConfiguration: Equatable, Sendable {
    /// Drop failed servers from the peer set when a quorum stays safe.
    package var cleanupDeadServers: Bool
    /// A server silent for longer is unhealthy.
    package var lastContactThreshold: Duration
    /// A server further behind is unhealthy.
    package var maxTrailingLogs: UInt64
    /// The peer set is never made smaller.
    package var minQuorum: UInt64
    /// A new server is healthy this long before it gets its vote.
    package var serverStabilizationTime: Duration
    /// Kept and without effect, as in the open edition.
    package var redundancyZoneTag: String
    /// Kept and without effect, as in the open edition.
    package var disableUpgradeMigration: Bool
    /// Kept and without effect, as in the open edition.
    package var upgradeVersionTag: String
    package var raftIndex: RaftIndex

    package init(
        cleanupDeadServers: Bool = false,
        lastContactThreshold: Duration = .zero,
        maxTrailingLogs: UInt64 = 0,
        minQuorum: UInt64 = 0,
        serverStabilizationTime: Duration = .zero,
        redundancyZoneTag: String = "",
        disableUpgradeMigration: Bool = false,
        upgradeVersionTag: String = "",
        raftIndex: RaftIndex = RaftIndex()
    ) {
        self.cleanupDeadServers = cleanupDeadServers
        self.lastContactThreshold = lastContactThreshold
        self.maxTrailingLogs = maxTrailingLogs
        self.minQuorum = minQuorum
        self.serverStabilizationTime = serverStabilizationTime
        self.redundancyZoneTag = redundancyZoneTag
        self.disableUpgradeMigration = disableUpgradeMigration
        self.upgradeVersionTag = upgradeVersionTag
        self.raftIndex = raftIndex
    }
}
