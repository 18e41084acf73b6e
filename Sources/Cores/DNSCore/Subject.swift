/// What a name below the domain asks for.
enum Subject: Equatable {
    case node(String, datacenter: String?)
    case service(String, tag: String, datacenter: String?)
    /// A prepared query, by name or id.
    case query(String, datacenter: String?)
    /// The digits of an `addr` name.
    case address(String)
    /// A datacenter whose verdict is asked for. Our own.
    case datacenter(String)

    /// `<node>.node[.<dc>]`, `<name>.query[.<dc>]`, `[<tag>.]<service>.service[.<dc>]`, `<hex>.addr[.<dc>]`,
    /// `_<service>._<tag>[.service][.<dc>]` (RFC 2782, where the tag `tcp` stands for none). The keyword nearest to the
    /// domain counts.
    /// - Parameter labels: below the domain, in lower case.
    init?(_ labels: [String], isSRV: Bool) {
        // Two labels only, so that no name of Consul's means something else: there may be a datacenter of that name.
        if labels.count == 2, labels[1] == "datacenter", !Self.keywords.contains(labels[0]) {
            self = .datacenter(labels[0])
            return
        }
        guard let (kind, front, back) = Self.split(labels, isSRV: isSRV), back.count <= 1, !front.isEmpty
        else { return nil }
        let datacenter = back.first
        switch kind {
        case "node": self = .node(front.joined(separator: "."), datacenter: datacenter)
        case "query": self = .query(front.joined(separator: "."), datacenter: datacenter)
        case "addr":
            guard front.count == 1 else { return nil }
            self = .address(front[0])
        default: self = Self.service(Array(front), datacenter)
        }
    }

    private static let keywords: Set<String> = ["service", "node", "addr", "query", "connect", "ingress"]

    private static func split(_ labels: [String], isSRV: Bool) -> (kind: String, front: [String], back: [String])? {
        for index in labels.indices.reversed() {
            let label = labels[index]
            switch label {
            case "service", "node", "addr", "query":
                return (label, Array(labels[..<index]), Array(labels[(index + 1)...]))
            case "connect", "ingress": return nil
            default:
                guard isSRV, label.hasPrefix("_") else { continue }
                return ("service", Array(labels[...index]), Array(labels[(index + 1)...]))
            }
        }
        return nil
    }

    private static func service(_ front: [String], _ datacenter: String?) -> Subject {
        if front.count == 2, front[0].hasPrefix("_"), front[1].hasPrefix("_") {
            let tag = String(front[1].dropFirst())
            return .service(String(front[0].dropFirst()), tag: tag == "tcp" ? "" : tag, datacenter: datacenter)
        }
        let tag = front.dropLast().joined(separator: ".")
        return .service(front[front.count - 1], tag: tag, datacenter: datacenter)
    }
}
