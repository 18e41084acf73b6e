import FederationModel

extension ServiceDefinition {
    /// Names an IP address for both sides as Consul does, where the registration has no others: resolvers ask by
    /// family.
    mutating func addAddressTags() {
        guard let ip = IPAddress(address) else { return }
        for key in ip.isIPv6 ? ["lan_ipv6", "wan_ipv6"] : ["lan_ipv4", "wan_ipv4"] where taggedAddresses[key] == nil {
            taggedAddresses[key] = ServiceAddress(address: address, port: port)
        }
    }
}
