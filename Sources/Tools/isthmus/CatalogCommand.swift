import ArgumentParser
import CommandSupport
import ClientHTTP
import WireFormat

struct CatalogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog", abstract: "Reads the catalog.",
        subcommands: [DatacentersCommand.self, NodesCommand.self, ServiceNamesCommand.self])
}

struct DatacentersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "datacenters", abstract: "Nearest first.")

    @OptionGroup var options: ClientOptions

    func run() throws {
        let value = try options.client.json("/v1/catalog/datacenters")
        options.show(value, as: (value.items ?? []).compactMap(\.text).joined(separator: "\n"))
    }
}

struct NodesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "nodes", abstract: "Lists the nodes of a datacenter.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var datacenter: DatacenterOptions
    @Flag(help: "With tagged addresses and metadata.") var detailed = false
    @Option(help: "Only nodes with an instance of it.") var service = ""

    func run() throws {
        let path = service.isEmpty ? "/v1/catalog/nodes" : "/v1/catalog/service/\(percentEncoded(service))"
        let value = try options.client.json(path, datacenter.query)
        var table = TextTable(
            ["Node", "ID", "Address", "DC"] + (detailed ? ["TaggedAddresses", "Meta"] : []))
        var seen: Set<String> = []
        for node in value.items ?? []
        where seen.insert(node.shown("Node") + "." + node.shown("Datacenter")).inserted {
            let id = node.shown("ID")
            var row = [
                node.shown("Node"), detailed ? id : String(id.prefix(8)), node.shown("Address"),
                node.shown("Datacenter"),
            ]
            if detailed { row += ["TaggedAddresses", service.isEmpty ? "Meta" : "NodeMeta"].map { pairs(node[$0]) } }
            table.add(row)
        }
        options.show(value, as: table.text)
    }

    private func pairs(_ object: JSONValue?) -> String {
        (object?.members ?? []).map { "\($0.name)=\($0.value.text ?? "")" }.sorted().joined(separator: ", ")
    }
}

struct ServiceNamesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "services", abstract: "Lists the services of a datacenter.")

    @OptionGroup var options: ClientOptions
    @OptionGroup var datacenter: DatacenterOptions
    @Flag(help: "With their tags.") var tags = false
    @Option(help: "Only those of this node.") var node = ""

    func run() throws {
        let path = node.isEmpty ? "/v1/catalog/services" : "/v1/catalog/node/\(percentEncoded(node))"
        let value = try options.client.json(path, datacenter.query)
        var found: [String: Set<String>] = [:]
        if node.isEmpty {
            for service in value.members ?? [] {
                found[service.name] = Set((service.value.items ?? []).compactMap(\.text))
            }
        } else {
            // Of several datacenters: one object each.
            for service in (value.items ?? [value]).flatMap({ $0["Services"]?.members ?? [] }) {
                found[service.value.shown("Service"), default: []]
                    .formUnion((service.value["Tags"]?.items ?? []).compactMap(\.text))
            }
        }
        var table = TextTable([])
        for (name, names) in found.sorted(by: { $0.key < $1.key }) {
            table.add(tags ? [name, names.sorted().joined(separator: ",")] : [name])
        }
        options.show(value, as: table.text)
    }
}
