/// One line of the history of verdicts.
package struct VerdictChange: Equatable, Sendable {
    package enum Scope: String, Equatable, Sendable, CaseIterable {
        /// As seen from one server.
        case local
        /// Of the majority of the datacenters that can be heard.
        case federation
    }

    /// Rises by one with each change of any verdict at this server.
    package var index: UInt64
    /// In milliseconds on the server's calendar.
    package var stamp: UInt64
    package var datacenter: String
    package var scope: Scope
    package var from: Verdict
    package var to: Verdict
    package var reason: String

    package init(
        index: UInt64, stamp: UInt64, datacenter: String, scope: Scope, from: Verdict, to: Verdict, reason: String
    ) {
        self.index = index
        self.stamp = stamp
        self.datacenter = datacenter
        self.scope = scope
        self.from = from
        self.to = to
        self.reason = reason
    }
}
