/// A changed verdict, told to the WAN pool by a user event: what a row will say soon, sooner.
package struct VerdictAnnouncement: Equatable, Sendable {
    /// Of the event; old servers and Consul's pass it over.
    package static let eventName = "isthmus:verdict"
    /// Name and payload together: Consul's bound of a user event.
    package static let maxBytes = 512

    /// Who sees it.
    package var observer: String
    /// Its node name.
    package var server: String
    package var datacenter: String
    package var verdict: Verdict
    /// In milliseconds on the server's calendar, as the stamps of its rows.
    package var stamp: UInt64

    package init(observer: String, server: String, datacenter: String, verdict: Verdict, stamp: UInt64) {
        self.observer = observer
        self.server = server
        self.datacenter = datacenter
        self.verdict = verdict
        self.stamp = stamp
    }
}
