import ArgumentParser
import ClientHTTP
import CommandSupport
import WireFormat

struct KVExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Prints every key with a prefix as JSON that import takes.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var datacenter: DatacenterOptions
    @Argument(help: "The prefix.") var prefix = ""

    func run() throws {
        let path = "/v1/kv/\(percentEncoded(prefix, keeping: "/"))"
        let answer = try options.client.call("GET", path, datacenter.query + [("recurse", nil)], also: [404])
        let entries = answer.status == 200 ? try AgentClient.read(answer).items ?? [] : []
        let exported = entries.map { entry in
            JSONValue(
                .object([
                    JSONMember(name: "key", value: JSONValue(.string(entry.shown("Key")))),
                    JSONMember(name: "flags", value: entry["Flags"] ?? JSONValue(.number("0"))),
                    JSONMember(name: "value", value: JSONValue(.string(entry.shown("Value")))),
                ]))
        }
        print(JSONValue(.array(exported)).prettyText)
    }
}

struct KVImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Writes the keys that export printed.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var datacenter: DatacenterOptions
    @Option(help: "In front of every key.") var prefix = ""
    @Argument(help: "The JSON; @FILE reads a file, - standard input.") var data: String

    func run() throws {
        let bytes: [UInt8] =
            data == "-"
            ? try InputFile.read("/dev/stdin")
            : data.hasPrefix("@") ? try InputFile.read(String(data.dropFirst())) : Array(data.utf8)
        let parsed: JSONValue
        do throws(JSONError) { parsed = try JSONReader.read(bytes) } catch {
            throw CommandFailure("Cannot unmarshal data: \(error)")
        }
        for entry in parsed.items ?? [] {
            guard let key = entry["key"]?.text, let value = Base64.decode(entry.shown("value")) else {
                throw CommandFailure("\(entry.position): an entry has a key, flags and a base64 value")
            }
            let name = prefix + key
            let flags = entry.shown("flags")
            _ = try options.client.call(
                "PUT", "/v1/kv/\(percentEncoded(name, keeping: "/"))",
                datacenter.query + [(flags.isEmpty ? "" : "flags", flags)], body: value)
            StandardOutput.print("Imported: \(name)")
        }
    }
}
