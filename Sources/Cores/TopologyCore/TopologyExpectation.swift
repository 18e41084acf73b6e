import Configuration

/// Something that must come to hold within a time.
package struct TopologyExpectation: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// Each datacenter's running servers name one leader, a running server of theirs.
        case leader(datacenters: [String])
        /// Each agent sees that many members of that status.
        case members(count: Int, isWAN: Bool, status: String, from: TopologySelector)
        /// Exactly these producers are a service's passing instances.
        case instances([String], service: String, datacenter: String, from: TopologySelector, by: [View])
        /// A key's value; nil when it must not be there.
        case key(String, value: String?, from: TopologySelector, datacenter: String, mode: ReadMode)
        /// What agents say of a datacenter.
        case verdict(of: String, isOneOf: [String], from: TopologySelector)
        /// A request fails fast, and its answer contains the text.
        case refused(path: String, from: TopologySelector, fasterThan: Duration, says: String)
        /// A GET answered 200 in time, whose body or headers of ours have all the texts.
        case answered(path: String, from: TopologySelector, fasterThan: Duration, says: [String])
        /// A write begun after the step's actions is acknowledged.
        case writes(load: String)
        /// Every acknowledged write of a finished load is read back.
        case nothingLost(load: String, from: TopologySelector)
        /// Agents hold, on their own disks, the same keys as their leader.
        case caughtUp(TopologySelector)
        /// Their processes are gone.
        case stopped(TopologySelector)
        /// So many running servers of a datacenter hold themselves to be its leader.
        case leaders(count: Int, datacenter: String)
        /// Each agent sees every one of these with that status; of datacenters and lists those that the pool can hold.
        case seen(TopologySelector, isWAN: Bool, status: String, from: TopologySelector)
        /// Fewer than `below` (0...1) of the requests that ended in the last `over` failed; nil: of all.
        case errorRate(load: String, below: Double, over: Duration?)
        /// No answer of so many of a hundred took longer, of those in the last `over`; nil: of all.
        case latency(load: String, percentile: Int, atMost: Duration, over: Duration?)
        /// Reads and writes of each key of the load can be put in one order that fits their times.
        case linearizable(load: String)
    }

    package enum View: String, Sendable, CaseIterable {
        case http
        /// A or AAAA records.
        case dns
        /// SRV records with their additional addresses.
        case srv
    }

    package enum ReadMode: String, Sendable, CaseIterable {
        case standard = "default"
        case stale, consistent
    }

    package var position: TopologyPosition
    package var kind: Kind
    package var within: Duration
    /// The table's row for the time it took; empty for none.
    package var record: String

    package init(position: TopologyPosition, kind: Kind, within: Duration, record: String) {
        self.position = position
        self.kind = kind
        self.within = within
        self.record = record
    }
}

extension TopologyExpectation: CustomStringConvertible {
    package var description: String {
        switch kind {
        case .leader(let datacenters): "\(datacenters.joined(separator: ", ")) agree on a leader"
        case .members(let count, let isWAN, let status, let from):
            "\(from): \(count) members of the \(isWAN ? "WAN" : "LAN") pool are \(status)"
        case .instances(let names, let service, let datacenter, let from, let by):
            "\(from) finds \(service)\(datacenter.isEmpty ? "" : " of \(datacenter)") by"
                + " \(by.map(\.rawValue).joined(separator: ", ")): "
                + (names.isEmpty ? "none" : names.joined(separator: ", "))
        case .key(let key, let value, let from, let datacenter, let mode):
            "\(from)\(datacenter.isEmpty ? "" : " asking \(datacenter)") reads \(key) (\(mode.rawValue)):"
                + " \(value ?? "absent")"
        case .verdict(let datacenter, let words, let from):
            "\(from): \(datacenter) is \(words.joined(separator: " or "))"
        case .refused(let path, let from, let limit, _): "\(from): \(path) fails within \(limit)"
        case .answered(let path, let from, let limit, _): "\(from): \(path) is answered within \(limit)"
        case .writes(let load): "\(load): writes are acknowledged again"
        case .nothingLost(let load, _): "\(load): every acknowledged write is there"
        case .caughtUp(let selector): "\(selector) hold what their leader holds"
        case .stopped(let selector): "\(selector): no process is left"
        case .leaders(let count, let datacenter): "\(datacenter) has \(count) leader\(count == 1 ? "" : "s")"
        case .seen(let who, let isWAN, let status, let from):
            "\(from): \(who) \(status) in the \(isWAN ? "WAN" : "LAN") pool"
        case .errorRate(let load, let below, let over):
            "\(load): below \(PercentText.text(below)) errors\(Self.span(over))"
        case .latency(let load, let percentile, let limit, let over):
            "\(load): p\(percentile) at most \(DurationText.text(limit))\(Self.span(over))"
        case .linearizable(let load): "\(load): linearizable"
        }
    }

    private static func span(_ over: Duration?) -> String { over.map { " in \(DurationText.text($0))" } ?? "" }
}
