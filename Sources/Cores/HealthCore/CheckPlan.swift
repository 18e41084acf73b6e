package import FederationModel

/// What a definition asks for once every default and limit is filled in. Nothing a person typed reaches the
/// scheduler unchecked.
package enum CheckPlan: Equatable, Sendable {
    case probe(ProbeRequest, interval: Duration)
    case ttl(Duration)
    /// Follows other checks; `node` is empty for this node.
    case alias(AliasTarget)
    /// Nobody measures it: it keeps the status it was registered with.
    case fixed

    package static let minInterval = Duration.seconds(1)
    package static let defaultInterval = Duration.seconds(10)
    /// Of a run, when the definition names none; never longer than the interval.
    package static let defaultTimeout = Duration.seconds(10)
    package static let minDeregisterAfter = Duration.seconds(60)
    /// Output travels through the log of a whole datacenter, so a definition cannot ask for more.
    package static let maxOutputBytes = 1 << 20

    /// The first of `http`, `tcp`, `ttl` and an alias target that is set decides.
    package init(_ definition: CheckDefinition, node: String) {
        if !definition.http.isEmpty {
            self = .probe(
                Self.request(.http(Self.httpTarget(definition)), definition), interval: Self.interval(definition))
        } else if !definition.tcp.isEmpty {
            self = .probe(Self.request(.tcp(definition.tcp), definition), interval: Self.interval(definition))
        } else if let ttl = definition.ttl {
            self = .ttl(max(ttl, .milliseconds(1)))
        } else if !definition.aliasService.isEmpty || !definition.aliasNode.isEmpty {
            let isLocal = definition.aliasNode == node
            self = .alias(AliasTarget(node: isLocal ? "" : definition.aliasNode, service: definition.aliasService))
        } else {
            self = .fixed
        }
    }

    package static func interval(_ definition: CheckDefinition) -> Duration {
        max(definition.interval ?? defaultInterval, minInterval)
    }

    /// Bytes of output kept: 1...1 MiB.
    package static func outputBytes(_ definition: CheckDefinition) -> Int {
        min(max(definition.outputMaxSize, 1), maxOutputBytes)
    }

    /// Time in `critical` after which the instance is removed: at least one minute; nil for never.
    package static func deregisterAfter(_ definition: CheckDefinition) -> Duration? {
        guard let after = definition.deregisterCriticalServiceAfter, after > .zero, !definition.serviceID.isEmpty else {
            return nil
        }
        return max(after, minDeregisterAfter)
    }

    private static func request(_ target: ProbeRequest.Target, _ definition: CheckDefinition) -> ProbeRequest {
        var timeout = min(defaultTimeout, interval(definition))
        if let given = definition.timeout, given > .zero { timeout = given }
        return ProbeRequest(target: target, timeout: timeout, maxOutputBytes: outputBytes(definition))
    }

    private static func httpTarget(_ definition: CheckDefinition) -> ProbeRequest.HTTP {
        var http = ProbeRequest.HTTP(url: definition.http)
        if !definition.method.isEmpty { http.method = definition.method }
        http.body = definition.body
        http.tlsSkipVerify = definition.tlsSkipVerify
        http.tlsServerName = definition.tlsServerName
        let given = definition.header.sorted { $0.key < $1.key }
        http.header = given.flatMap { entry in entry.value.map { (name: entry.key, value: $0) } }
        for (name, value) in [
            ("Accept", "text/plain, text/*, */*"), ("User-Agent", "Consul Health Check (Isthmus)"),
        ] where !given.contains(where: { $0.key.lowercased() == name.lowercased() }) {
            http.header.append((name: name, value: value))
        }
        return http
    }
}

/// The checks an alias follows: those of the node and, unless `service` is empty, those of one instance on it.
package struct AliasTarget: Hashable, Sendable {
    /// Empty for the node the scheduler runs on.
    package var node: String
    /// Instance id.
    package var service: String

    package init(node: String, service: String) {
        self.node = node
        self.service = service
    }
}

extension AliasTarget: Comparable {
    package static func < (left: AliasTarget, right: AliasTarget) -> Bool {
        (left.node, left.service) < (right.node, right.service)
    }
}
