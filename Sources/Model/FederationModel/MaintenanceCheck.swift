/// The critical checks that take a node or an instance out of every healthy answer, by Consul's names.
package enum MaintenanceCheck {
    package static let nodeID = "_node_maintenance"
    private static let serviceIDPrefix = "_service_maintenance:"

    package static func id(ofService service: String) -> String { serviceIDPrefix + service }

    package static func isMaintenance(_ checkID: String) -> Bool {
        checkID == nodeID || checkID.hasPrefix(serviceIDPrefix)
    }

    /// - Parameter service: the instance's id; nil for the node.
    package static func definition(service: String?, reason: String) -> CheckDefinition {
        let what = service == nil ? "node" : "service"
        var check = CheckDefinition()
        check.id = service.map { id(ofService: $0) } ?? nodeID
        check.name = service == nil ? "Node Maintenance Mode" : "Service Maintenance Mode"
        check.serviceID = service ?? ""
        check.initialStatus = CheckStatus.critical.rawValue
        check.notes =
            reason.isEmpty
            ? "Maintenance mode is enabled for this \(what), but no reason was provided. This is a default message."
            : reason
        return check
    }
}
