import Determinism
import FederationModel
import WireFormat

/// `/v1/operator/…`, but for the keyring.
extension HTTPRouter {
    func removePeer(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let id = call.query.first("id")
        let address = call.query.first("address")
        if id.isEmpty && address.isEmpty {
            throw .operatorMistake(
                "Must specify either ?id with the server's ID or ?address with IP:port of peer to remove")
        }
        if !id.isEmpty && !address.isEmpty { throw .operatorMistake("Must specify only one of ?id or ?address") }
        let request = RaftRemovePeerRequest(
            datacenter: call.datacenter, address: address, id: id, write: call.write)
        return .request(
            id.isEmpty ? .operatorRemovePeerByAddress(request) : .operatorRemovePeerByID(request),
            call.rendering(.done))
    }

    func autopilotConfiguration(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        guard call.request.method == "PUT" else {
            return .request(.operatorAutopilotConfiguration(call.datacenterRequest()), call.rendering(.value))
        }
        var reader: BodyReader
        do throws(JSONError) {
            reader = BodyReader(try JSONReader.readFirst(call.request.body), form: .http)
        } catch {
            throw .operatorMistake("Error parsing autopilot config: \(error.located)")
        }
        var configuration = reader.autopilotConfiguration()
        if let problem = reader.problems.first {
            throw .operatorMistake("Error parsing autopilot config: \(problem.message)")
        }
        var isConditional = false
        if call.query.has("cas") {
            let text = call.query.first("cas")
            guard !text.isEmpty, let index = Int.unsigned(text) else {
                throw .operatorMistake(
                    "Error parsing cas value: strconv.ParseUint: parsing \"\(text)\": invalid syntax")
            }
            configuration.raftIndex.modifyIndex = index
            isConditional = true
        }
        let request = AutopilotSetConfigRequest(
            datacenter: call.datacenter, config: configuration, cas: isConditional, write: call.write)
        return .request(
            .operatorSetAutopilot(request), call.rendering(isConditional ? .value : .kvWritten))
    }
}

extension HTTPProblem {
    static func operatorMistake(_ text: String) -> HTTPProblem { badRequest("Bad request: " + text) }
}

extension BodyReader {
    fileprivate mutating func autopilotConfiguration() -> AutopilotConfiguration {
        var configuration = AutopilotConfiguration()
        members(of: root, "") { reader, name, value, key in
            switch name {
            case "cleanupdeadservers": configuration.cleanupDeadServers = reader.boolean(value, key)
            case "lastcontactthreshold": configuration.lastContactThreshold = reader.duration(value, key) ?? .zero
            case "maxtrailinglogs": configuration.maxTrailingLogs = reader.unsigned(value, key)
            case "minquorum": configuration.minQuorum = reader.unsigned(value, key)
            case "serverstabilizationtime":
                configuration.serverStabilizationTime = reader.duration(value, key) ?? .zero
            case "redundancyzonetag": configuration.redundancyZoneTag = reader.text(value, key)
            case "disableupgrademigration": configuration.disableUpgradeMigration = reader.boolean(value, key)
            case "upgradeversiontag": configuration.upgradeVersionTag = reader.text(value, key)
            default: break
            }
            return true
        }
        return configuration
    }
}

extension JSONWriter {
    mutating func write(_ configuration: RaftConfigurationResponse) {
        beginObject()
        key("Servers")
        list(configuration.servers) { json, server in
            json.beginObject()
            json.field("ID", server.id)
            json.field("Node", server.node)
            json.field("Address", server.address)
            json.field("Leader", server.leader)
            json.field("ProtocolVersion", server.protocolVersion)
            json.field("Voter", server.voter)
            json.endObject()
        }
        field("Index", configuration.index)
        endObject()
    }

    mutating func write(_ configuration: AutopilotConfiguration) {
        beginObject()
        field("CleanupDeadServers", configuration.cleanupDeadServers)
        field("LastContactThreshold", configuration.lastContactThreshold.goText)
        field("MaxTrailingLogs", configuration.maxTrailingLogs)
        field("MinQuorum", configuration.minQuorum)
        field("ServerStabilizationTime", configuration.serverStabilizationTime.goText)
        field("RedundancyZoneTag", configuration.redundancyZoneTag)
        field("DisableUpgradeMigration", configuration.disableUpgradeMigration)
        field("UpgradeVersionTag", configuration.upgradeVersionTag)
        field("CreateIndex", configuration.raftIndex.createIndex)
        field("ModifyIndex", configuration.raftIndex.modifyIndex)
        endObject()
    }

    mutating func write(_ health: OperatorHealthReply) {
        beginObject()
        field("Healthy", health.healthy)
        field("FailureTolerance", health.failureTolerance)
        key("Servers")
        list(health.servers) { json, server in
            json.beginObject()
            json.field("ID", server.id)
            json.field("Name", server.name)
            json.field("Address", server.address)
            json.field("SerfStatus", Self.serfStatus(server.serfStatus))
            json.field("Version", server.version)
            json.field("Leader", server.leader)
            json.field("LastContact", server.lastContact.goText)
            json.field("LastTerm", server.lastTerm)
            json.field("LastIndex", server.lastIndex)
            json.field("Healthy", server.healthy)
            json.field("Voter", server.voter)
            json.field("StableSince", server.stableSince.description)
            json.endObject()
        }
        endObject()
    }

    private static func serfStatus(_ number: Int) -> String {
        switch number {
        case 1: "alive"
        case 2: "leaving"
        case 3: "left"
        case 4: "failed"
        default: "none"
        }
    }
}
