package import FederationModel
package import GossipCore

/// What an agent finds on its machine: the real one, or one of a simulated world.
package struct AgentSurroundings: Sendable {
    /// The node's name when the configuration gives none.
    package var hostName: String
    /// Blocks on a real machine; each address once.
    package var lookUp: @Sendable (String) -> [IPAddress]
    /// What an agent advertises that binds to all addresses.
    package var privateAddress: @Sendable () -> IPAddress?
    package var cipher: any PacketCipher

    package init(
        hostName: String, cipher: any PacketCipher, lookUp: @escaping @Sendable (String) -> [IPAddress],
        privateAddress: @escaping @Sendable () -> IPAddress?
    ) {
        self.hostName = hostName
        self.cipher = cipher
        self.lookUp = lookUp
        self.privateAddress = privateAddress
    }

    func address(_ text: String, key: String) throws(AgentPlan.Problem) -> IPAddress {
        guard let address = lookUp(text).first else {
            throw AgentPlan.Problem(description: "\(key): \"\(text)\" is no address of any host")
        }
        return address
    }

    func advertised(_ bind: IPAddress) throws(AgentPlan.Problem) -> IPAddress {
        guard bind.bytes.allSatisfy({ $0 == 0 }) else { return bind }
        guard let address = privateAddress() else {
            throw AgentPlan.Problem(
                description: "advertise_addr: bind_addr is unspecified and this machine has no private IPv4 address; "
                    + "give -advertise or -bind")
        }
        return address
    }
}
