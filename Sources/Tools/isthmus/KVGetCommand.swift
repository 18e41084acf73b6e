import ArgumentParser
import CommandSupport
import ClientHTTP
import WireFormat

struct KVGetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Prints a key's value.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var datacenter: DatacenterOptions
    @Flag(help: "Every key with this prefix.") var recurse = false
    @Flag(help: "Names only.") var keys = false
    @Flag(help: "With indexes and flags.") var detailed = false
    @Flag(name: .customLong("base64"), help: "Values as they are on the wire.") var isBase64 = false
    @Option(help: "With -keys, names are cut after it.") var separator = "/"
    @Argument(help: "The key or prefix.") var key = ""

    func run() throws {
        let path = "/v1/kv/\(percentEncoded(key.hasPrefix("/") ? String(key.dropFirst()) : key, keeping: "/"))"
        var query = datacenter.query + [(recurse ? "recurse" : "", nil), (keys ? "keys" : "", nil)]
        if keys && !separator.isEmpty { query.append(("separator", separator)) }
        let answer = try options.client.call("GET", path, query, also: [404])
        guard answer.status == 200 else {
            if recurse || keys { return options.show(JSONValue(.array([])), as: "") }
            throw CommandFailure("No key exists at: \(key)")
        }
        let value = try AgentClient.read(answer)
        let lines = (value.items ?? []).map { entry in
            if keys { return entry.text ?? "" }
            if detailed { return details(entry) }
            // Of several datacenters each entry says where it is from.
            let place = entry["Datacenter"].flatMap(\.text).map { $0 + ": " } ?? ""
            return place + (recurse ? "\(entry.shown("Key")):\(content(entry))" : content(entry))
        }
        options.show(value, as: lines.joined(separator: detailed ? "\n\n" : "\n"))
    }

    private func content(_ entry: JSONValue) -> String {
        let text = entry.shown("Value")
        return isBase64 ? text : Base64.decode(text).map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    private func details(_ entry: JSONValue) -> String {
        var table = TextTable([])
        for name in ["CreateIndex", "Flags", "Key", "LockIndex", "ModifyIndex", "Session"] {
            table.add([name, entry.shown(name)])
        }
        table.add(["Value", content(entry)])
        if let place = entry["Datacenter"]?.text { table.add(["Datacenter", place]) }
        return table.text
    }
}

struct KVListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the names of keys.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var datacenter: DatacenterOptions
    @Argument(help: "The prefix.") var prefix = ""

    func run() throws {
        let answer = try options.client.call(
            "GET", "/v1/kv/\(percentEncoded(prefix, keeping: "/"))", datacenter.query + [("keys", nil)], also: [404])
        let value = answer.status == 200 ? try AgentClient.read(answer) : JSONValue(.array([]))
        options.show(value, as: (value.items ?? []).compactMap(\.text).joined(separator: "\n"))
    }
}
