package import FederationModel

/// Who may be in the pool: asked about every alive message and, on a join, about the whole list a peer sends.
package protocol AdmissionRule: Sendable {
    /// - Returns: why the node is refused; nil to admit it.
    func refusal(of node: NodeRecord, by own: NodeRecord) -> String?
    /// - Parameter nodes: `isAdmitted`: it stands in the table with the same address and metadata.
    /// - Returns: why the whole merge is refused; nil to go on.
    func refusal(ofMerging nodes: [(node: NodeRecord, isAdmitted: Bool)], by own: NodeRecord) -> String?
    /// What only one living node of the pool may have; nil: nothing.
    func identity(of node: NodeRecord) -> String?
}

/// One node's part in a pool.
package struct MemberlistConfiguration: Sendable {
    package var name: String
    /// Advertised and bound.
    package var endpoint: Endpoint
    /// Whose dialled streams these are.
    package var channel: Channel
    package var timings: GossipTimings
    package var security = GossipSecurity()
    package var admission: (any AdmissionRule)?
    package var versions: [UInt8] = [1, 5, 2, 2, 5, 4]
    /// Serf's tags; at most `NodeRecord.maxMetaBytes`.
    package var meta: [UInt8] = []
    /// Compress datagrams when that makes them shorter. Off: most do not shrink, and peers need not care.
    package var compressesDatagrams = false
    /// Streams are then always compressed, as memberlist does.
    package var compressesStreams = true
    package var usesStreamPings = true

    package init(name: String, endpoint: Endpoint, channel: Channel, timings: GossipTimings) {
        self.name = name
        self.endpoint = endpoint
        self.channel = channel
        self.timings = timings
    }
}
