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
        case verdict(of: String, isOneOf: [String], scope: Scope, from: TopologySelector)
        /// Agents name a cut between two datacenters by its direction, and not the other direction.
        case cutNamed(from: String, to: String, isAbsent: Bool, asked: TopologySelector)
        /// Nothing of a datacenter is left in the agents' WAN pool and verdicts.
        case forgotten(String, from: TopologySelector)
        /// A DNS question is answered with that code in time.
        case resolves(String, code: Code, fasterThan: Duration, from: TopologySelector)
        /// A GET is answered as it says.
        case answers(Answer, from: TopologySelector)
        /// A request fails fast, and its answer contains the text.
        case refused(path: String, from: TopologySelector, fasterThan: Duration, says: String)
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
        case latency(load: String, percentile: Int, atMost: LatencyLimit, over: Duration?)
        /// Reads and writes of each key of the load can be put in one order that fits their times.
        case linearizable(load: String)
    }

    /// What a percentile of a load's answers is held to.
    package enum LatencyLimit: Equatable, Sendable, CustomStringConvertible {
        case time(Duration)
        /// So many times the same percentile of another load, of all its answers.
        case times(Double, of: String)

        package var description: String {
            switch self {
            case .time(let limit): DurationText.text(limit)
            case .times(let factor, let load): "\(factor) times that of \(load)"
            }
        }
    }

    /// Whose verdict is meant.
    package enum Scope: String, Sendable, CaseIterable {
        /// As the asked agent sees it.
        case here
        /// Of the majority of the datacenters that can be heard.
        case federation
    }

    /// Of a DNS answer (RFC 1035 §4.1.1).
    package enum Code: String, Sendable, CaseIterable {
        case noError = "NOERROR"
        case serverFailure = "SERVFAIL"
        case noName = "NXDOMAIN"
        case refused = "REFUSED"

        var number: UInt8 {
            switch self {
            case .noError: 0
            case .serverFailure: 2
            case .noName: 3
            case .refused: 5
            }
        }
    }

    package struct Answer: Equatable, Sendable {
        package var path: String
        package var status = 200
        /// Texts are sought in its value alone; empty: in the body and in our own headers.
        package var header = ""
        /// All of these are in it.
        package var says: [String] = []
        /// None of these is.
        package var lacks: [String] = []
        package var fasterThan = Duration.seconds(1)

        package init(path: String) { self.path = path }
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
    /// Of the runs of an exploration, half take at most that long.
    package var median: Duration?

    package init(
        position: TopologyPosition, kind: Kind, within: Duration, record: String, median: Duration? = nil
    ) {
        self.position = position
        self.kind = kind
        self.within = within
        self.record = record
        self.median = median
    }
}

extension TopologyExpectation.Kind {
    /// Who is asked; nil when it follows from datacenters or loads.
    package var asked: TopologySelector? {
        switch self {
        case .members(_, _, _, let from), .instances(_, _, _, let from, _), .key(_, _, let from, _, _),
            .verdict(_, _, _, let from), .cutNamed(_, _, _, let from), .forgotten(_, let from),
            .answers(_, let from), .resolves(_, _, _, let from), .refused(_, let from, _, _),
            .nothingLost(_, let from), .seen(_, _, _, let from), .caughtUp(let from):
            from
        case .leader, .leaders, .writes, .stopped, .errorRate, .latency, .linearizable: nil
        }
    }
}

extension TopologyExpectation.Answer: CustomStringConvertible {
    /// `/v1/kv/a answers 200, X-Isthmus-Route with "relay", within 1s`.
    package var description: String {
        var text = "\(path) answers \(status)"
        if !header.isEmpty { text += ", \(header)" }
        if !says.isEmpty { text += " with " + says.map { "\"\($0)\"" }.joined(separator: ", ") }
        if !lacks.isEmpty { text += " without " + lacks.map { "\"\($0)\"" }.joined(separator: ", ") }
        return text + ", within \(DurationText.text(fasterThan))"
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
        case .verdict(let datacenter, let words, let scope, let from):
            "\(from): \(datacenter) is \(words.joined(separator: " or "))"
                + (scope == .federation ? " for the federation" : "")
        case .cutNamed(let from, let to, let isAbsent, let asked):
            "\(asked) \(isAbsent ? "name no cut" : "name the cut") \(from) to \(to)"
        case .forgotten(let datacenter, let from): "\(from): nothing is left of \(datacenter)"
        case .resolves(let name, let code, let limit, let from):
            "\(from): \(name) resolves to \(code.rawValue) within \(DurationText.text(limit))"
        case .answers(let answer, let from): "\(from): \(answer)"
        case .refused(let path, let from, let limit, _): "\(from): \(path) fails within \(limit)"
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
            "\(load): p\(percentile) at most \(limit)\(Self.span(over))"
        case .linearizable(let load): "\(load): linearizable"
        }
    }

    private static func span(_ over: Duration?) -> String { over.map { " in \(DurationText.text($0))" } ?? "" }
}
