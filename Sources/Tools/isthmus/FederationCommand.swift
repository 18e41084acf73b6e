import ArgumentParser
import ClientHTTP
import CommandSupport
import WireFormat

struct FederationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "federation", abstract: "Shows and keeps the federation of datacenters, as a server sees it.",
        subcommands: [
            FederationStatusCommand.self, FederationMatrixCommand.self, FederationHistoryCommand.self,
            FederationForgetCommand.self, FederationForgottenCommand.self, ExplainCommand.self,
        ], defaultSubcommand: FederationStatusCommand.self)
}

struct FederationStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows every datacenter's verdict with its reason.")

    @OptionGroup var options: ClientOptions
    @Flag(help: "Shows each change, until it is interrupted.") var watch = false

    func run() throws {
        var index = try show(index: nil)
        // One question at a time, answered when a verdict changes; one that fails ends the command.
        while watch { index = try show(index: index) }
    }

    /// - Returns: the index to wait beyond.
    private func show(index: String?) throws -> String? {
        // Shorter than the client's limit of a call.
        let waiting: AgentClient.Query = index.map { [("index", $0), ("wait", "50s")] } ?? []
        let answer = try options.client.call("GET", "/v1/federation/datacenters", waiting)
        let next = answer.header("x-consul-index")
        if let next, next == index { return next }
        let value = try AgentClient.read(answer)
        var table = TextTable([
            "Datacenter", "Verdict", "Since", "Federation", "Answering", "Margin", "Signs", "Reason",
        ])
        for report in value.items ?? [] {
            let servers = report["Servers"]?.items ?? []
            let answering = servers.filter { $0["Answers"]?.boolean == true }.count
            table.add([
                report.shown("Datacenter"), report.shown("Verdict"), report.shown("Since"), report.shown("Federation"),
                "\(answering)/\(servers.count)", report.shown("QuorumMargin"),
                String((report["Signs"]?.items ?? []).count), report.shown("Reason"),
            ])
        }
        options.show(value, as: table.text)
        return next
    }
}

struct FederationMatrixCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matrix", abstract: "Shows who reaches whom, from each row to each column.")

    @OptionGroup var options: ClientOptions

    func run() throws {
        let value = try options.client.json("/v1/federation/matrix")
        let rows = value["Rows"]?.items ?? []
        let silent = (value["Silent"]?.items ?? []).compactMap(\.text)
        let names = (rows.compactMap { $0["Datacenter"]?.text } + silent).sorted()
        var table = TextTable(["From"] + names + ["Age"])
        for row in rows {
            let name = row["Datacenter"]?.text
            let entries = row["To"]?.items ?? []
            let cells = names.map { to -> String in
                if to == name { return "-" }
                guard let entry = entries.first(where: { $0["Datacenter"]?.text == to }) else { return "?" }
                if entry["Reaches"]?.boolean == true { return entry["RoundTrip"]?.text ?? "yes" }
                return entry.shown("Verdict") + (entry["Hears"]?.boolean == true ? ", hears it" : "")
            }
            table.add([name ?? ""] + cells + [row.shown("Age")])
        }
        for name in silent { table.add([name] + names.map { $0 == name ? "-" : "?" } + ["no row"]) }
        let cuts = (value["Cuts"]?.items ?? []).map { "cut: from \($0.shown("From")) to \($0.shown("To"))" }
        options.show(value, as: ([table.text] + cuts).joined(separator: "\n"))
    }
}

struct FederationHistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Shows the last 1,000 changes of verdicts, the oldest first.")

    @OptionGroup var options: ClientOptions

    func run() throws {
        let value = try options.client.json("/v1/federation/history")
        var table = TextTable(["Time", "Datacenter", "Seen by", "From", "To", "Reason"])
        for change in value.items ?? [] {
            table.add(["Time", "Datacenter", "Scope", "From", "To", "Reason"].map { change.shown($0) })
        }
        options.show(value, as: table.text)
    }
}

struct FederationForgetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget", abstract: "Erases a datacenter that is gone from all servers, for 72 hours.")

    @OptionGroup var options: ClientOptions
    @Flag(help: "Also one that answers: it is cut off until its servers start anew.") var force = false
    @Argument(help: "The datacenter.") var datacenter: String

    func run() throws {
        let query: AgentClient.Query = force ? [("force", nil)] : []
        _ = try options.client.call("PUT", "/v1/federation/forget/" + percentEncoded(datacenter), query)
        options.say("\(datacenter) is forgotten")
    }
}

struct FederationForgottenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forgotten", abstract: "Shows forgotten datacenters and who still asks for them.")

    @OptionGroup var options: ClientOptions

    func run() throws {
        let value = try options.client.json("/v1/federation/forgotten")
        var table = TextTable(["Datacenter", "Time", "By", "Stands", "Remaining", "Asked for by"])
        for report in value.items ?? [] {
            let askers = (report["Askers"]?.items ?? []).map { "\($0.shown("Name")) (\($0.shown("Count")))" }
            table.add([
                report.shown("Datacenter"), report.shown("Time"), report.shown("Origin"), report.shown("Standing"),
                report.shown("Remaining"), askers.joined(separator: ", "),
            ])
        }
        options.show(value, as: table.text)
    }
}
