/// Datacenters by the median distance of their servers (`wire/consul-rpc.md` 4.7): per datacenter the element at n/2 of
/// the sorted distances, the own one 0, unknown ones last; equal ones by name.
/// - Parameter servers: one row per server that has not left.
package func distanceOrder(_ servers: [(datacenter: String, distance: Duration?)], own: String) -> [String] {
    let rows = servers.map { row in
        (name: row.datacenter, distance: row.datacenter == own ? .zero : row.distance ?? .seconds(Int64.max / 2))
    }
    let sorted = rows.sorted { $0.name != $1.name ? $0.name < $1.name : $0.distance < $1.distance }
    var medians: [(name: String, distance: Duration)] = []
    var start = 0
    while start < sorted.count {
        let end = sorted[start...].firstIndex { $0.name != sorted[start].name } ?? sorted.count
        medians.append(sorted[start + (end - start) / 2])
        start = end
    }
    // The own datacenter wins a tie at zero.
    return medians.sorted { left, right in
        if left.distance != right.distance { return left.distance < right.distance }
        if (left.name == own) != (right.name == own) { return left.name == own }
        return left.name < right.name
    }.map(\.name)
}
