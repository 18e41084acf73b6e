package import WireFormat

/// `/v1/agent/members` as `members` prints it.
package enum MembersTable {
    private static let statuses = ["none", "alive", "leaving", "left", "failed"]

    /// Sorted by datacenter and name.
    /// - Parameter keeps: which statuses are shown.
    package static func table(
        _ members: JSONValue, isDetailed: Bool, keeps: (String) -> Bool = { _ in true }
    ) -> TextTable {
        var table = TextTable(
            isDetailed
                ? ["Node", "Address", "Status", "Tags"]
                : ["Node", "Address", "Status", "Type", "Build", "Protocol", "DC", "Segment"])
        let sorted = (members.items ?? []).sorted { key($0).lexicographicallyPrecedes(key($1)) }
        for member in sorted {
            let status =
                member["Status"]?.integer.flatMap { statuses.indices.contains($0) ? statuses[$0] : nil } ?? "unknown"
            guard keeps(status) else { continue }
            let tags = (member["Tags"]?.members ?? []).map { (name: $0.name, value: $0.value.text ?? "") }
            let address = member.shown("Addr")
            let host = address.contains(":") ? "[\(address)]" : address
            var row = [member.shown("Name"), "\(host):\(member.shown("Port"))", status]
            if isDetailed {
                row.append(tags.sorted { $0.name < $1.name }.map { "\($0.name)=\($0.value)" }.joined(separator: ","))
            } else {
                let tag = { (name: String) in tags.first { $0.name == name }?.value ?? "" }
                let isServer = tag("role") == "consul"
                let role = isServer ? "server" : tag("role") == "node" ? "client" : "unknown"
                let build = tag("build").prefix { $0 != ":" }
                row += [role, String(build), tag("vsn"), tag("dc"), isServer ? "<all>" : "<default>"]
            }
            table.add(row)
        }
        return table
    }

    private static func key(_ member: JSONValue) -> [String] {
        [member["Tags"]?["dc"]?.text ?? "", member.shown("Name")]
    }
}
