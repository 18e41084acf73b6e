import AgentCore
import GossipCrypto

extension AgentSurroundings {
    /// This machine.
    static var machine: AgentSurroundings {
        AgentSurroundings(
            hostName: HostName.current, cipher: AESGCMCipher(), lookUp: { AddressResolver.lookUp($0) },
            privateAddress: { AddressResolver.firstPrivateAddress() })
    }
}
