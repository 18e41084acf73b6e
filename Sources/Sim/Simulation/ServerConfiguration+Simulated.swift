import Determinism
import FederationModel
import ServerCore

extension ServerConfiguration {
    /// An agent of a federation of equal datacenters, `dc1` and so on, each on its own simulated address.
    /// - Parameters:
    ///   - datacenter, number: from 0; numbers from `serverCount` on are client agents.
    ///   - datacenterCount: whose first servers are joined in the WAN pool.
    static func simulated(
        _ datacenter: Int, _ number: Int, datacenterCount: Int, serverCount: Int, using random: inout SeededRandom
    ) -> ServerConfiguration {
        func address(_ datacenter: Int, _ number: Int) -> IPAddress {
            IPAddress(127, 1, UInt8(truncatingIfNeeded: datacenter + 1), UInt8(truncatingIfNeeded: number + 1))
        }
        let here = address(datacenter, number)
        let isServer = number < serverCount
        var configuration = ServerConfiguration(
            datacenter: "dc\(datacenter + 1)", node: "dc\(datacenter + 1)-\(isServer ? "s" : "c")\(number + 1)",
            nodeID: NodeID.random(using: &random), isServer: isServer,
            rpcEndpoint: Endpoint(here, DefaultPort.server), lanEndpoint: Endpoint(here, DefaultPort.serfLAN),
            wanEndpoint: isServer ? Endpoint(here, DefaultPort.serfWAN) : nil, wanAddress: here)
        configuration.bootstrap = isServer ? .expect(serverCount) : .never
        for other in 0..<serverCount where other != number {
            configuration.join.endpoints.append(Endpoint(address(datacenter, other), DefaultPort.serfLAN))
        }
        for other in 0..<datacenterCount where other != datacenter && isServer {
            configuration.joinWAN.endpoints.append(Endpoint(address(other, 0), DefaultPort.serfWAN))
        }
        configuration.join.interval = .seconds(2)
        configuration.joinWAN.interval = .seconds(2)
        return configuration
    }
}
