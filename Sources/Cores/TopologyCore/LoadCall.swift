package import Determinism
import WireFormat

/// One request of a load, as HTTP.
package struct LoadCall: Equatable, Sendable {
    package var method: String
    package var target: String
    package var body: [UInt8] = []
    package var key: String
    /// What is written; nil for reads.
    package var value: String?

    package var isWrite: Bool { value != nil }

    package func record(begun: Duration) -> LoadRecord.Request {
        LoadRecord.Request(isWrite: isWrite, key: key, value: value, begun: begun, ended: begun, outcome: .unknown)
    }
}

extension Topology.Load {
    /// - Parameters:
    ///   - number: of its requests, from 1.
    ///   - written: the load whose keys it reads, and how many it has written so far.
    package func call(
        number: Int, written: (load: Topology.Load, count: Int)?, using random: inout SeededRandom
    ) -> LoadCall {
        switch kind {
        case .kvWrite:
            let key = prefix + String(keyCount.map { (number - 1) % $0 + 1 } ?? number)
            // Of one key's writes each has a value of its own, so that reads tell them apart.
            let value = keyCount == nil ? key : String(number)
            let query = datacenter.isEmpty ? "" : "?dc=\(datacenter)"
            return LoadCall(
                method: "PUT", target: "/v1/kv/\(percentEncoded(key, keeping: "/"))\(query)", body: Array(value.utf8),
                key: key, value: value)
        case .kvRead:
            let key = written.map { written in
                let count = max(1, min(written.count, written.load.keyCount ?? .max))
                return written.load.prefix + String(Int.random(in: 1...count, using: &random))
            }
            let name = key ?? prefix + "1"
            return LoadCall(method: "GET", target: FederationView.keyTarget(name, datacenter, mode), key: name)
        case .catalog:
            var target = "/v1/health/service/\(service)?passing"
            if !datacenter.isEmpty { target += "&dc=\(datacenter)" }
            if mode != .standard { target += "&\(mode.rawValue)" }
            return LoadCall(method: "GET", target: target, key: service)
        }
    }
}

extension LoadRecord.Outcome {
    /// Errors of which an agent says that certainly nothing was done (`X-Isthmus-Error`).
    private static let refusals: Set<String> = [
        "unknown-datacenter", "left", "forgotten", "unreachable", "frozen", "leaderless", "timed-out", "overloaded",
        "disk-full", "denied", "bad-request", "unknown-method", "stale-beyond-bound",
    ]

    /// - Parameter error: the header `X-Isthmus-Error`.
    package init(status: Int, error: String?, body: [UInt8]) {
        let isMissingKey = status == 404 && error == nil
        if status == 200 && !body.starts(with: "false".utf8) || isMissingKey {
            self = .succeeded
        } else {
            self = Self.refusals.contains(error ?? "") ? .refused : .unknown
        }
    }
}
