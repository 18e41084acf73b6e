import ArgumentParser
import CommandSupport
import WireFormat

struct MembersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "members", abstract: "Lists the members of a gossip pool.")

    @OptionGroup var options: ClientOptions
    @Flag(help: "The WAN pool; only servers know it.") var wan = false
    @Flag(help: "With every tag.") var detailed = false
    @Option(help: "A regular expression of the statuses to show.") var status = ".*"

    func run() throws {
        guard let pattern = try? Regex(status) else { throw CommandFailure("-status is not a regular expression") }
        let members = try options.client.json("/v1/agent/members", [(wan ? "wan" : "", "1")])
        let table = MembersTable.table(members, isDetailed: detailed) { $0.wholeMatch(of: pattern) != nil }
        guard !table.rows.isEmpty else { throw CommandFailure("no member has a status like \(status)") }
        options.show(members, as: table.text)
    }
}
