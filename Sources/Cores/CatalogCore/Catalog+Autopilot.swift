package import FederationModel

extension AutopilotConfiguration {
    /// What holds until an operator says otherwise: Consul's defaults, as if the first entry had set them.
    package static let standard = AutopilotConfiguration(
        cleanupDeadServers: true, lastContactThreshold: .milliseconds(200), maxTrailingLogs: 250,
        serverStabilizationTime: .seconds(10), raftIndex: RaftIndex(createIndex: 1, modifyIndex: 1))
}

extension Catalog {
    package var autopilotConfiguration: AutopilotConfiguration { autopilot ?? .standard }

    mutating func applyAutopilot(_ request: AutopilotSetConfigRequest, at index: UInt64) -> ApplyResult {
        let old = autopilotConfiguration.raftIndex
        if request.cas, old.modifyIndex != request.config.raftIndex.modifyIndex {
            return ApplyResult(response: false)
        }
        var stored = request.config
        stored.raftIndex = RaftIndex(createIndex: autopilot?.raftIndex.createIndex ?? index, modifyIndex: index)
        autopilot = stored
        return ApplyResult(response: request.cas)
    }
}
