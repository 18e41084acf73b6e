import ArgumentParser
import CatalogCore
import CommandSupport
import FederationModel
import WireFormat

struct RTTCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rtt", abstract: "Estimates the round trip between two nodes by their network coordinates.")

    @OptionGroup var options: ClientOptions
    @Flag(help: "Servers of the WAN pool, as name.datacenter.") var wan = false
    @Argument(help: "A node.") var first: String
    @Argument(help: "Another one; the agent's own without it.") var second: String?

    func run() throws {
        let other = try second ?? own()
        let coordinates = try wan ? wanCoordinates() : Self.coordinates(options.client.json("/v1/coordinate/nodes"))
        let pair = try [first, other].map { name in
            guard let coordinate = coordinates[name] else {
                throw CommandFailure("Could not find a coordinate for node \"\(name)\"")
            }
            return coordinate
        }
        let milliseconds = pair[0].distance(to: pair[1]) * 1000
        guard milliseconds.isFinite else { throw CommandFailure("the coordinates cannot be compared") }
        let thousandths = Int((milliseconds * 1000).rounded())
        let fraction = String(thousandths % 1000)
        let text = "\(thousandths / 1000)." + String(repeating: "0", count: 3 - fraction.utf8.count) + fraction
        options.say(
            "Estimated \(first) <-> \(other) rtt: \(text) ms (using \(wan ? "WAN" : "LAN") coordinates)")
    }

    private func own() throws -> String {
        let config = try options.client.json("/v1/agent/self")["Config"]
        let node = config?.shown("NodeName") ?? ""
        return wan ? "\(node).\(config?.shown("Datacenter") ?? "")" : node
    }

    private func wanCoordinates() throws -> [String: SerfCoordinate] {
        var all: [String: SerfCoordinate] = [:]
        for map in try options.client.json("/v1/coordinate/datacenters").items ?? [] {
            for (name, coordinate) in Self.coordinates(map["Coordinates"] ?? JSONValue(.array([]))) {
                all["\(name).\(map.shown("Datacenter"))"] = coordinate
            }
        }
        return all
    }

    private static func coordinates(_ list: JSONValue) -> [String: SerfCoordinate] {
        var found: [String: SerfCoordinate] = [:]
        for entry in list.items ?? [] {
            guard let value = entry["Coord"] else { continue }
            var coordinate = SerfCoordinate()
            coordinate.vec = value["Vec"]?.items?.compactMap(\.double)
            coordinate.error = value["Error"]?.double ?? 0
            coordinate.adjustment = value["Adjustment"]?.double ?? 0
            coordinate.height = value["Height"]?.double ?? 0
            found[entry.shown("Node")] = coordinate
        }
        return found
    }
}
