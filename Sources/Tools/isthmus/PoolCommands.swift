import ArgumentParser
import CommandSupport
import ClientHTTP
import WireFormat

struct JoinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "join", abstract: "Tells the agent to join a pool.")

    @OptionGroup var options: ClientOptions
    @Flag(help: "The WAN pool.") var wan = false
    @Argument(help: "host[:port] of members.") var addresses: [String]

    func run() throws {
        for address in addresses {
            _ = try options.client.call(
                "PUT", "/v1/agent/join/\(percentEncoded(address, keeping: ":"))", [(wan ? "wan" : "", "1")])
        }
        options.say("Successfully joined cluster by contacting \(addresses.count) nodes.")
    }
}

struct LeaveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "leave", abstract: "Makes the agent leave and stop.")

    @OptionGroup var options: ClientOptions

    func run() throws {
        _ = try options.client.call("PUT", "/v1/agent/leave")
        options.say("Graceful leave complete")
    }
}

struct ForceLeaveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "force-leave", abstract: "Turns a failed member into one that has left.")

    @OptionGroup var options: ClientOptions
    @Flag(help: "Forget it at once.") var prune = false
    @Flag(help: "Of the WAN pool.") var wan = false
    @Argument(help: "The member's name.") var node: String

    func run() throws {
        _ = try options.client.call(
            "PUT", "/v1/agent/force-leave/\(percentEncoded(node))",
            [(prune ? "prune" : "", nil), (wan ? "wan" : "", "1")])
    }
}
