import ArgumentParser
import CommandSupport
import Glibc
import ClientHTTP
import WireFormat

/// Flags of conditional writes.
struct ConditionOptions: ParsableArguments {
    @Flag(help: "Only if the key was not changed since -modify-index.") var cas = false
    @Option(help: "The index that -cas compares; 0: the key must not exist.") var modifyIndex: UInt64?

    func query() throws -> AgentClient.Query {
        guard cas || modifyIndex == nil else { throw CommandFailure("-modify-index needs -cas") }
        return [(cas ? "cas" : "", String(modifyIndex ?? 0))]
    }
}

struct KVPutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "put", abstract: "Writes a key.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var datacenter: DatacenterOptions
    @OptionGroup var condition: ConditionOptions
    @Option(help: "A number kept beside the value.") var flags: UInt64 = 0
    @Flag(name: .customLong("base64"), help: "The value is base64.") var isBase64 = false
    @Argument(help: "The key.") var key: String
    @Argument(help: "The value; @FILE reads a file, - standard input.") var value = ""

    func run() throws {
        var body = try bytes()
        if isBase64 {
            guard let decoded = Base64.decode(String(decoding: body, as: UTF8.self)) else {
                throw CommandFailure("the value is not base64")
            }
            body = decoded
        }
        let query = try datacenter.query + condition.query() + [(flags == 0 ? "" : "flags", String(flags))]
        let answer = try options.client.call("PUT", "/v1/kv/\(percentEncoded(key, keeping: "/"))", query, body: body)
        guard answer.text.hasPrefix("true") else { throw CommandFailure("Did not write to \(key): CAS failed") }
        options.say("Success! Data written to: \(key)")
    }

    private func bytes() throws -> [UInt8] {
        if value == "-" { return try InputFile.read("/dev/stdin") }
        return value.hasPrefix("@") ? try InputFile.read(String(value.dropFirst())) : Array(value.utf8)
    }
}

struct KVDeleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Deletes a key or a prefix.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var datacenter: DatacenterOptions
    @OptionGroup var condition: ConditionOptions
    @Flag(help: "Every key with this prefix.") var recurse = false
    @Argument(help: "The key or prefix.") var key: String

    func run() throws {
        guard !(recurse && condition.cas) else { throw CommandFailure("-recurse excludes -cas") }
        let query = try datacenter.query + condition.query() + [(recurse ? "recurse" : "", nil)]
        let answer = try options.client.call("DELETE", "/v1/kv/\(percentEncoded(key, keeping: "/"))", query)
        guard answer.text.hasPrefix("true") else { throw CommandFailure("Did not delete key \(key): CAS failed") }
        options.say(recurse ? "Success! Deleted keys with prefix: \(key)" : "Success! Deleted key: \(key)")
    }
}
