import ArgumentParser
import ClientHTTP
import CommandSupport
import FederationModel
import WireFormat

struct MaintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "maint", abstract: "Takes the node or a service out of healthy answers, or shows what is out.")

    @OptionGroup var options: ClientOptions
    @Flag(help: "Begin.") var enable = false
    @Flag(help: "End.") var disable = false
    @Option(help: "Why.") var reason = ""
    @Option(help: "The service's ID; the node without it.") var service = ""

    func run() throws {
        guard !(enable && disable) else { throw CommandFailure("Only one of -enable or -disable may be provided") }
        guard enable || disable else {
            guard reason.isEmpty, service.isEmpty else {
                throw CommandFailure("-reason and -service need -enable or -disable")
            }
            return try list()
        }
        guard enable || reason.isEmpty else { throw CommandFailure("Reason may only be provided with -enable") }
        let path =
            service.isEmpty ? "/v1/agent/maintenance" : "/v1/agent/service/maintenance/\(percentEncoded(service))"
        _ = try options.client.call(
            "PUT", path, [("enable", enable ? "true" : "false"), (reason.isEmpty ? "" : "reason", reason)])
        let what = service.isEmpty ? "Node maintenance" : "Service maintenance"
        let whose = service.isEmpty ? "" : " for \"\(service)\""
        options.say("\(what) is now \(enable ? "enabled" : "disabled")\(whose)")
    }

    private func list() throws {
        let checks = (try options.client.json("/v1/agent/checks").members ?? []).map(\.value)
            .filter { MaintenanceCheck.isMaintenance($0.shown("CheckID")) }
        let texts = checks.map { check in
            check.shown("CheckID") == MaintenanceCheck.nodeID
                ? "Node:\n  Name:   \(check.shown("Node"))\n  Reason: \(check.shown("Notes"))"
                : "Service:\n  ID:     \(check.shown("ServiceID"))\n  Reason: \(check.shown("Notes"))"
        }
        options.show(JSONValue(.array(checks)), as: texts.joined(separator: "\n\n"))
    }
}

struct ReloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Makes the agent read its configuration files again.")

    @OptionGroup var options: ClientOptions

    func run() throws {
        _ = try options.client.call("PUT", "/v1/agent/reload")
        options.say("Configuration reload triggered")
    }
}
