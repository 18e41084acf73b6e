package import WireFormat

/// `/v1/operator/keyring` as `keyring -list` prints it.
package enum KeyringTable {
    /// A row for each key of each pool; a pool without any has one row too.
    package static func table(_ pools: JSONValue) -> TextTable {
        var table = TextTable(["Pool", "Key", "Members", "Primary"])
        for pool in pools.items ?? [] {
            let name = pool["WAN"]?.boolean == true ? "WAN" : "\(pool.shown("Datacenter")) (LAN)"
            let total = pool.shown("NumNodes")
            let keys = (pool["Keys"]?.members ?? []).sorted { $0.name < $1.name }
            for key in keys {
                let primary = pool["PrimaryKeys"]?[key.name]?.integer ?? 0
                table.add([name, key.name, "\(key.value.integer ?? 0)/\(total)", "\(primary)/\(total)"])
            }
            if keys.isEmpty { table.add([name, "", "0/\(total)", "0/\(total)"]) }
        }
        return table
    }
}
