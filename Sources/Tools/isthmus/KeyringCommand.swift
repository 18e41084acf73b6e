import ArgumentParser
import CommandSupport
import WireFormat

struct KeyringCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keyring", abstract: "Lists and changes the gossip keys of every pool.")

    @OptionGroup var options: ClientOptions
    @Flag(help: "Show how many members have each key.") var list = false
    @Option(help: "Give every member this key, for decryption only.") var install: String?
    @Option(help: "Encrypt with this key, which is installed.") var use: String?
    @Option(help: "Take this key away, which is not the primary.") var remove: String?
    @Option(help: "Members that pass each answer on as well, 0 to 5.") var relayFactor: Int?
    @Flag(help: "With -list: of this datacenter's LAN pool only.") var localOnly = false

    func run() throws {
        let changes: [(method: String, key: String?, done: String)] = [
            ("POST", install, "Key installed on every member"), ("PUT", use, "Primary key changed on every member"),
            ("DELETE", remove, "Key removed from every member"),
        ].filter { $0.1 != nil }
        guard changes.count + (list ? 1 : 0) == 1 else {
            throw CommandFailure("give one of -list, -install, -use and -remove")
        }
        guard list || !localOnly else { throw CommandFailure("-local-only goes with -list") }
        let query: AgentClient.Query = [
            (relayFactor == nil ? "" : "relay-factor", relayFactor.map(String.init)),
            (localOnly ? "local-only" : "", "true"),
        ]
        guard let change = changes.first else {
            let value = try options.client.json("/v1/operator/keyring", query)
            return options.show(value, as: KeyringTable.table(value).text)
        }
        var body = JSONWriter()
        body.write(
            JSONValue(.object([JSONMember(name: "Key", value: JSONValue(.string(change.key ?? "")))])))
        _ = try options.client.call(change.method, "/v1/operator/keyring", query, body: body.finished())
        options.say(change.done)
    }
}
