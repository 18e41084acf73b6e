import AgentCore
import FederationModel
import GossipCrypto
import Patterns

extension AgentSurroundings {
    /// This machine.
    static var machine: AgentSurroundings {
        AgentSurroundings(
            hostName: HostName.current, cipher: AESGCMCipher(), patterns: .re2,
            lookUp: { AddressResolver.lookUp($0) }, privateAddress: { AddressResolver.firstPrivateAddress() })
    }
}
