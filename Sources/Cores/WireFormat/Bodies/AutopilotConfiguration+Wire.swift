package import FederationModel

extension AutopilotConfiguration: WireRecord {
    package init() { self.init(cleanupDeadServers: false) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "CleanupDeadServers", "LastContactThreshold", "MaxTrailingLogs", "MinQuorum", "ServerStabilizationTime",
            "RedundancyZoneTag", "DisableUpgradeMigration", "UpgradeVersionTag", "CreateIndex", "ModifyIndex",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "CleanupDeadServers": cleanupDeadServers = try reader.read()
        case "LastContactThreshold": lastContactThreshold = try reader.read()
        case "MaxTrailingLogs": maxTrailingLogs = try reader.read()
        case "MinQuorum": minQuorum = try reader.read()
        case "ServerStabilizationTime": serverStabilizationTime = try reader.read()
        case "RedundancyZoneTag": redundancyZoneTag = try reader.read()
        case "DisableUpgradeMigration": disableUpgradeMigration = try reader.read()
        case "UpgradeVersionTag": upgradeVersionTag = try reader.read()
        default: return try raftIndex.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(10)
        writer.write("CleanupDeadServers")
        writer.write(cleanupDeadServers)
        writer.write("CreateIndex")
        writer.write(raftIndex.createIndex)
        writer.write("DisableUpgradeMigration")
        writer.write(disableUpgradeMigration)
        writer.write("LastContactThreshold")
        writer.write(lastContactThreshold)
        writer.write("MaxTrailingLogs")
        writer.write(maxTrailingLogs)
        writer.write("MinQuorum")
        writer.write(minQuorum)
        writer.write("ModifyIndex")
        writer.write(raftIndex.modifyIndex)
        writer.write("RedundancyZoneTag")
        writer.write(redundancyZoneTag)
        writer.write("ServerStabilizationTime")
        writer.write(serverStabilizationTime)
        writer.write("UpgradeVersionTag")
        writer.write(upgradeVersionTag)
    }
}
