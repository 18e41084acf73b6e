import FederationModel

extension ServiceDefinition {
    /// The instance's id: its name where none is given.
    var instanceID: String { id.isEmpty ? name : id }

    /// Its checks with what they leave out: the service, and an id and a name made of it. A sole check of `web` is
    /// `service:web`, the second of two `service:web:2`.
    var completedChecks: [CheckDefinition] {
        checks.enumerated().map { position, check in
            var check = check
            check.serviceID = instanceID
            if check.id.isEmpty {
                check.id = "service:\(instanceID)" + (checks.count > 1 ? ":\(position + 1)" : "")
            }
            if check.name.isEmpty { check.name = "Service '\(name)' check" }
            return check
        }
    }
}
