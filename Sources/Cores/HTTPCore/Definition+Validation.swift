package import FederationModel

extension CheckDefinition {
    /// What forbids the check, in Consul's words; nil when it is in order.
    package var problem: String? {
        if name.isEmpty { return "Missing check name" }
        return statusProblem.map { _ in "Bad check status" } ?? timingProblem.map { "Invalid check: " + $0 }
    }

    fileprivate var statusProblem: String? {
        initialStatus.isEmpty || CheckStatus(rawValue: initialStatus) != nil
            ? nil : "Status for checks must 'passing', 'warning', 'critical'"
    }

    /// Exactly one of interval, TTL and alias has to drive the check.
    fileprivate var timingProblem: String? {
        let isPolled = !http.isEmpty || !tcp.isEmpty
        let isAlias = !aliasNode.isEmpty || !aliasService.isEmpty
        let interval = interval ?? .zero
        let ttl = ttl ?? .zero
        if interval > .zero && ttl > .zero { return "Interval and TTL cannot both be specified" }
        if isPolled && interval <= .zero { return "Interval must be > 0 for Script, HTTP, or TCP checks" }
        if isPolled && isAlias { return "Interval cannot be set for Alias checks" }
        if isAlias && ttl > .zero { return "TTL must be not be set for Alias checks" }
        if !isPolled && !isAlias && ttl <= .zero { return "TTL must be > 0 for TTL checks" }
        if outputMaxSize < 0 { return "MaxOutputMaxSize must be positive" }
        return nil
    }
}

extension ServiceDefinition {
    /// What forbids the service, in Consul's words; nil when it is in order.
    package var problem: String? {
        if name.isEmpty { return "Missing service name" }
        if ["0.0.0.0", "::", "[::]"].contains(address) { return "Invalid service address" }
        if let problem = Self.metaProblem(meta) { return "Invalid Service Meta: " + problem }
        if let problem = weights?.problem { return "Invalid Weights: " + problem }
        for check in checks {
            if let problem = check.timingProblem { return "Invalid check: " + problem }
            if let problem = check.statusProblem { return problem }
        }
        return nil
    }

    /// At most 64 pairs; keys of 1...128 letters, digits, `-` and `_`; values of at most 512 bytes.
    private static func metaProblem(_ meta: [String: String]) -> String? {
        if meta.count > 64 { return "Node metadata cannot contain more than 64 key/value pairs" }
        for (key, value) in meta.sorted(by: { $0.key < $1.key }) {
            if let problem = pairProblem(key, value) {
                return "Couldn't load metadata pair ('\(key)', '\(value)'): \(problem)"
            }
        }
        return nil
    }

    private static func pairProblem(_ key: String, _ value: String) -> String? {
        if key.isEmpty { return "Key cannot be blank" }
        if !key.utf8.allSatisfy(isKeyByte) { return "Key contains invalid characters" }
        if key.utf8.count > 128 { return "Key is too long (limit: 128 characters)" }
        if key.hasPrefix("consul-") { return "Key prefix 'consul-' is reserved for internal use" }
        if value.utf8.count > 512 { return "Value is too long (limit: 512 characters)" }
        return nil
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension Weights {
    fileprivate var problem: String? {
        if passing < 1 { return "Passing must be greater than 0" }
        if warning < 0 { return "Warning must be greater or equal than 0" }
        if passing > 65535 || warning > 65535 { return "DNS Weight must be between 0 and 65535" }
        return nil
    }
}
