/// Consul's `KeyringResponse` as servers exchange it; on the wire a map keyed by the Go field names.
package struct KeyringResponse: Equatable, Sendable {
    /// True for the WAN pool.
    package var wan: Bool
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// LAN segment, empty in the open edition.
    package var segment: String
    /// Member → message.
    package var messages: [String: String]?
    /// Key → number of members that have it.
    package var keys: [String: Int]?
    /// Primary key → number of members.
    package var primaryKeys: [String: Int]?
    /// Members in the pool.
    package var numNodes: Int
    /// Pool-level failure text.
    package var error: String

    package init(
        wan: Bool = false,
        datacenter: String = "",
        segment: String = "",
        messages: [String: String]? = nil,
        keys: [String: Int]? = nil,
        primaryKeys: [String: Int]? = nil,
        numNodes: Int = 0,
        error: String = ""
    ) {
        self.wan = wan
        self.datacenter = datacenter
        self.segment = segment
        self.messages = messages
        self.keys = keys
        self.primaryKeys = primaryKeys
        self.numNodes = numNodes
        self.error = error
    }
}
