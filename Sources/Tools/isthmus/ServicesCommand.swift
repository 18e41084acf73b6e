import ArgumentParser
import CommandSupport
import ClientHTTP
import WireFormat

struct ServicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "services", abstract: "Registers service instances at the agent.",
        subcommands: [RegisterCommand.self, DeregisterCommand.self])
}

struct RegisterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register", abstract: "Registers what files or the flags describe.")

    @OptionGroup var options: ClientOptions
    @Option(help: "The service's name, without files.") var name = ""
    @Option(help: "The instance's id; the name by default.") var id = ""
    @Option(help: "Its address; the node's by default.") var address = ""
    @Option(help: "Its port.") var port = 0
    @Option(help: "A tag; may be repeated.") var tag: [String] = []
    @Option(help: "key=value; may be repeated.") var meta: [String] = []
    @Argument(help: "Files in the form of the configuration.") var files: [String] = []

    func run() throws {
        guard files.isEmpty != name.isEmpty else { throw CommandFailure("give either files or -name") }
        var services: [JSONValue] = name.isEmpty ? [] : [try described()]
        for file in files { services += try ServiceFile.services(in: try ServiceFile.read(file)) }
        for service in services {
            var writer = JSONWriter()
            writer.write(service)
            _ = try options.client.call("PUT", "/v1/agent/service/register", body: writer.finished())
            options.say("Registered service: \(service.shown("Name"))")
        }
    }

    private func described() throws -> JSONValue {
        var members = [JSONMember(name: "Name", value: JSONValue(.string(name)))]
        if !id.isEmpty { members.append(JSONMember(name: "ID", value: JSONValue(.string(id)))) }
        if !address.isEmpty { members.append(JSONMember(name: "Address", value: JSONValue(.string(address)))) }
        if port != 0 { members.append(JSONMember(name: "Port", value: JSONValue(.number(String(port))))) }
        members.append(JSONMember(name: "Tags", value: JSONValue(.array(tag.map { JSONValue(.string($0)) }))))
        let pairs = try meta.map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw CommandFailure("-meta \(text) is not key=value") }
            return JSONMember(name: String(parts[0]), value: JSONValue(.string(String(parts[1]))))
        }
        members.append(JSONMember(name: "Meta", value: JSONValue(.object(pairs))))
        return JSONValue(.object(members))
    }
}

struct DeregisterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deregister", abstract: "Removes instances by id or by the files that described them.")

    @OptionGroup var options: ClientOptions
    @Option(help: "The instance's id, without files.") var id = ""
    @Argument(help: "Files in the form of the configuration.") var files: [String] = []

    func run() throws {
        guard files.isEmpty != id.isEmpty else { throw CommandFailure("give either files or -id") }
        var ids = id.isEmpty ? [] : [id]
        for file in files {
            ids += try ServiceFile.services(in: try ServiceFile.read(file)).map { service in
                service["ID"] == nil ? service.shown("Name") : service.shown("ID")
            }
        }
        for id in ids {
            _ = try options.client.call("PUT", "/v1/agent/service/deregister/\(percentEncoded(id))")
            options.say("Deregistered service: \(id)")
        }
    }
}
