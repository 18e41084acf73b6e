import FederationModel
import GossipCore
import WireFormat

/// Who is to answer a query (`wire/serf-gossip.md` 5.7).
enum QueryFilter {
    private static let nodes: UInt8 = 0
    private static let tag: UInt8 = 1

    /// Nil when everybody is.
    static func encode(nodes names: [String], tags: [String: String]) -> [[UInt8]]? {
        var filters: [[UInt8]] = []
        if !names.isEmpty {
            var writer = MessagePackWriter()
            writer.append(CollectionOfOne(nodes))
            writer.write(names as [String]?)
            filters.append(writer.bytes)
        }
        for (name, expression) in tags.sorted(by: { $0.key < $1.key }) {
            var writer = MessagePackWriter()
            writer.append(CollectionOfOne(tag))
            writer.write(["Expr": expression, "Tag": name] as [String: String]?)
            filters.append(writer.bytes)
        }
        return filters.isEmpty ? nil : filters
    }

    /// All filters must hold; one that cannot be read does not.
    static func admits(_ member: PoolMember, _ filters: [[UInt8]], _ patterns: any PatternMatcher) -> Bool {
        filters.allSatisfy { filter in
            var reader = MessagePackReader(filter, from: 1)
            switch filter.first {
            case nodes:
                return ((try? reader.read() as [String]?) ?? nil)?.contains(member.name) ?? false
            case tag:
                guard let body = (try? reader.read() as [String: String]?) ?? nil else { return false }
                return patterns.finds(body["Expr"] ?? "", in: member.tags[body["Tag"] ?? ""] ?? "") ?? false
            default: return false
            }
        }
    }
}
