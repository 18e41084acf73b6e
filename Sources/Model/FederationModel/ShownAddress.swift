/// Which of several tagged addresses is shown, as Consul chooses: an address of the wanted family before the plain one,
/// which may be a host name.
package enum AddressFamily: Equatable, Sendable {
    /// Of this family, or a host name; nothing else will do.
    case ipv4, ipv6
    /// IPv6 before IPv4 before the plain address.
    case any

    fileprivate func choose(plain: String, v4: String, v6: String) -> String {
        if self != .ipv4, !v6.isEmpty { return v6 }
        if self != .ipv6, !v4.isEmpty { return v4 }
        guard self != .any, let address = IPAddress(plain) else { return plain }
        return address.isIPv6 == (self == .ipv6) ? plain : ""
    }
}

extension Node {
    /// - Parameter isWAN: the node is looked at from another datacenter (`translate_wan_addrs`).
    /// - Returns: empty when there is none of the family.
    package func shownAddress(_ family: AddressFamily, isWAN: Bool) -> String {
        let tagged = taggedAddresses ?? [:]
        return family.choose(
            plain: isWAN ? tagged["wan"] ?? address : address,
            v4: (isWAN ? tagged["wan_ipv4"] : nil) ?? tagged["lan_ipv4"] ?? "",
            v6: (isWAN ? tagged["wan_ipv6"] : nil) ?? tagged["lan_ipv6"] ?? "")
    }
}

extension [String: ServiceAddress]? {
    fileprivate func chosen(_ family: AddressFamily, plain: String, isWAN: Bool) -> String {
        let tagged = self ?? [:]
        return family.choose(
            plain: isWAN ? tagged["wan"]?.address ?? plain : plain,
            v4: ((isWAN ? tagged["wan_ipv4"] : nil) ?? tagged["lan_ipv4"])?.address ?? "",
            v6: ((isWAN ? tagged["wan_ipv6"] : nil) ?? tagged["lan_ipv6"])?.address ?? "")
    }

    /// The port follows the plain WAN address alone.
    fileprivate func port(_ plain: Int, isWAN: Bool) -> Int {
        guard isWAN, let port = self?["wan"]?.port, port > 0 else { return plain }
        return port
    }
}

extension NodeService {
    /// Its own address; empty when it has none and the node's counts.
    package func shownAddress(_ family: AddressFamily, isWAN: Bool) -> String {
        taggedAddresses.chosen(family, plain: address, isWAN: isWAN)
    }

    package func shownPort(isWAN: Bool) -> Int { taggedAddresses.port(port, isWAN: isWAN) }
}

extension ServiceNode {
    /// The node's address.
    package func shownAddress(_ family: AddressFamily, isWAN: Bool) -> String {
        Node(address: address, taggedAddresses: taggedAddresses).shownAddress(family, isWAN: isWAN)
    }

    /// The service's own.
    package func shownServiceAddress(_ family: AddressFamily, isWAN: Bool) -> String {
        serviceTaggedAddresses.chosen(family, plain: serviceAddress, isWAN: isWAN)
    }

    package func shownPort(isWAN: Bool) -> Int { serviceTaggedAddresses.port(servicePort, isWAN: isWAN) }
}
