package import CatalogCore
package import FederationModel
package import RaftCore

/// What one agent wants done. The shell performs effects in order.
package enum Effect: Sendable {
    case datagram(Channel, to: Endpoint, [UInt8])
    case connect(StreamID, to: Endpoint, timeout: Duration)
    case write(StreamID, [UInt8])
    /// After what was written has left.
    case close(StreamID)
    case persist(sequence: UInt64, WriteBatch)
    /// Encode the catalog off the control loop and save it; then entries further back than `keepingTrailing` may go.
    indirect case saveSnapshot(SnapshotMetadata, Catalog, keepingTrailing: Int)
    /// A snapshot received from the leader replaces all entries on disk; answered by `snapshotSaved`.
    indirect case installSnapshot(SnapshotMetadata, [UInt8])
    indirect case publish(ReadView)
    /// The details are of a failure.
    indirect case answer(RequestID, Result<Response, FederationError>, ErrorDetails)
    indirect case agentAnswer(RequestID, AgentResponse)
    indirect case probe(ProbeID, ProbeRequest)
    case cancelProbe(ProbeID)
    /// Ask the resolver, not the cache of an earlier answer; answered by `Input.resolved`, late or never.
    case lookUp(LookupID, HostPort)
    /// So many bytes of the operating system's generator are wanted; answered by `Input.identities`.
    case drawIdentities(byteCount: Int)
    /// A small file of the data directory, replaced atomically.
    case saveFile(name: String, [UInt8])
    case appendFile(name: String, [UInt8])
    case log(LogLine)
    /// The agent has ended; `failed` makes the exit status non-zero.
    case stop(reason: String, failed: Bool)
    /// What a checker or an operator may want to know and nobody has to act on.
    case observed(Observation)
}

/// Facts for checkers and metrics.
package enum Observation: Equatable, Sendable {
    case becameLeader(Term)
    /// For the headers of files to come.
    case clusterKnown(ClusterID)
    case leaderChanged(NodeID?, Term)
    case applied(LogIndex, Term, digestOfData: UInt64)
    /// A vote for a candidate of this term has left, or for itself the question for others' votes.
    case voted(Term, for: NodeID)
    /// What a pool says of a member now.
    case member(Channel, String, PoolMember.Status)
    case verdict(datacenter: String, from: Verdict?, to: Verdict, reason: String)
}
