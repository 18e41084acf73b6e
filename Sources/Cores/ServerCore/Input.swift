package import FederationModel
package import RaftCore
package import StorageFormat

/// A request handed in by a front end of this agent (HTTP, DNS). Drawn by the shell, never used twice.
package struct RequestID: Hashable, Sendable {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }
}

/// What can happen to one agent. The shell hands in a batch, then calls `ServerCore.advance`.
package enum Input: Sendable {
    /// From the LAN or WAN gossip socket.
    case datagram(Channel, from: Endpoint, [UInt8])
    case accepted(StreamID, from: Endpoint)
    case connected(StreamID)
    case connectFailed(StreamID, String)
    case received(StreamID, [UInt8])
    /// Either side closed it, or it broke.
    case closed(StreamID)
    /// Every write up to this sequence is on disk.
    case persisted(through: UInt64)
    /// The disk refused; writes of this and higher sequences are not on disk.
    case persistFailed(DiskFailure)
    /// Space has returned and all that was waiting is written.
    case diskRecovered
    case snapshotSaved(SnapshotMetadata)
    case snapshotFailed(String)
    /// A typed request of a front end.
    /// - Parameter timeout: the caller's own limit, blocking time not counted; nil for the configured one.
    /// - Parameter explains: its caller wants to know the way it takes.
    indirect case request(RequestID, Request, timeout: Duration?, explains: Bool = false)
    indirect case agentRequest(RequestID, AgentRequest)
    /// Its caller went away.
    case cancelled(RequestID)
    case probed(ProbeID, ProbeResult)
    /// The addresses of `Effect.lookUp`; none when the name has none.
    case resolved(LookupID, [Endpoint])
    /// Bytes of the operating system's generator, as `Effect.drawIdentities` asked for.
    case identities([UInt8])
    /// Asked to stop, by a signal.
    case shutdown(leave: Bool)
}
