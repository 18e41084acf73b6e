/// What the agent itself is asked over HTTP or the CLI: its own state and pools, never forwarded.
package enum AgentRequest: Equatable, Sendable {
    case selfInfo
    case members(wan: Bool)
    /// Addresses as typed: `host[:port]`, already resolved to addresses by the shell.
    case join([Endpoint], wan: Bool)
    case leave
    case forceLeave(node: String, prune: Bool, wan: Bool)
    case services
    case checks
    /// One instance; answered when its hash differs from `hash` unless that is empty, or the wait is over.
    case service(id: String, hash: String, wait: Duration)
    case servicesAndChecks
    case registerService(ServiceDefinition, replaceExistingChecks: Bool)
    case deregisterService(id: String)
    case registerCheck(CheckDefinition)
    case deregisterCheck(id: String)
    /// A TTL check's owner reports.
    case updateCheck(id: String, CheckStatus, output: String)
    /// A user event for the LAN pool.
    case fireEvent(UserEvent)
    /// The last user events of this name, of any when it is empty: at once, unless the last one's hash is the given
    /// one; then when another arrives, or after `wait`.
    case events(name: String, unlessHash: UInt64, wait: Duration)
    /// Of the node when `service` is nil.
    case maintenance(service: String?, isEnabled: Bool, reason: String)
    /// The definitions of the configuration files, read again.
    case reload([ServiceDefinition], [CheckDefinition])
    case metrics
    /// Verdicts with their evidence, of one datacenter or of all others (nil): at once, unless their index is the given
    /// one; then when it changes, or after `wait`.
    case federation(datacenter: String?, unlessIndex: UInt64, wait: Duration)
    /// Who reaches whom.
    case reachability
    /// The last changes of verdicts.
    case verdictHistory
    /// Every server erases a datacenter and does not let it in again; `isForced`: also one that answers.
    case forget(datacenter: String, isForced: Bool)
    /// Forgotten datacenters, and who still asks for them.
    case forgotten
}

/// The answer to an `AgentRequest`.
package enum AgentResponse: Equatable, Sendable {
    case done
    case selfInfo(SelfInfo)
    case members([PoolMember])
    case joined(Int)
    /// Sorted by id.
    case services([NodeService])
    /// Sorted by id.
    case checks([HealthCheck])
    case events([UserEvent])
    case service(NodeService, hash: String)
    /// Both sorted by id.
    case servicesAndChecks([NodeService], [HealthCheck])
    case metrics(MetricsSnapshot)
    case federation([DatacenterReport], index: UInt64)
    case reachability(ReachabilityMatrix)
    /// The oldest first.
    case verdictHistory([VerdictChange])
    case forgotten([TombstoneReport])
    case failed(AgentError)
}

/// Why the agent refused; each maps to one HTTP status at the edge.
package enum AgentError: Error, Equatable, Sendable {
    /// 400 in Consul's words.
    case invalid(String)
    /// 404.
    case notFound(String)
    /// 409: not as things are.
    case refused(String)
    /// 500.
    case failed(String)
}

/// `/v1/agent/self` in parts.
package struct SelfInfo: Equatable, Sendable {
    package var datacenter: String
    package var node: String
    package var nodeID: String
    package var isServer: Bool
    /// Our version, such as `0.1.0`.
    package var version: String
    package var member: PoolMember
    package var coordinate: SerfCoordinate?
    /// `info`'s groups: group → key → value, both sorted when shown.
    package var stats: [String: [String: String]]
    package var meta: [String: String]

    package init(
        datacenter: String, node: String, nodeID: String, isServer: Bool, version: String, member: PoolMember,
        coordinate: SerfCoordinate?, stats: [String: [String: String]], meta: [String: String]
    ) {
        self.datacenter = datacenter
        self.node = node
        self.nodeID = nodeID
        self.isServer = isServer
        self.version = version
        self.member = member
        self.coordinate = coordinate
        self.stats = stats
        self.meta = meta
    }
}

/// Instruments at one moment, named as operators know them.
package struct MetricsSnapshot: Equatable, Sendable {
    package struct Sample: Equatable, Sendable {
        package var name: String
        package var count: Int
        package var sum: Double
        package var min: Double
        package var max: Double

        package init(name: String, count: Int, sum: Double, min: Double, max: Double) {
            self.name = name
            self.count = count
            self.sum = sum
            self.min = min
            self.max = max
        }
    }

    /// Of a datacenter as another one sees it. Labels come from a bounded set: pairs of known datacenters.
    package struct Pair: Equatable, Sendable {
        package enum Value: Equatable, Sendable {
            case gauge(Double)
            /// Counts up to each bound, summed up, without the last one of all; bounds in seconds.
            case histogram(buckets: [Bucket], count: Int, sum: Double)
        }

        package struct Bucket: Equatable, Sendable {
            package var bound: Double
            package var count: Int

            package init(bound: Double, count: Int) {
                self.bound = bound
                self.count = count
            }
        }

        package var name: String
        package var from: String
        package var to: String
        package var value: Value

        package init(name: String, from: String, to: String, value: Value) {
            self.name = name
            self.from = from
            self.to = to
            self.value = value
        }
    }

    /// Those of one name follow each other.
    package var pairs: [Pair] = []
    /// Sorted by name.
    package var gauges: [(name: String, value: Double)]
    package var counters: [Sample]
    package var samples: [Sample]

    package init(gauges: [(name: String, value: Double)] = [], counters: [Sample] = [], samples: [Sample] = []) {
        self.gauges = gauges
        self.counters = counters
        self.samples = samples
    }

    package static func == (left: MetricsSnapshot, right: MetricsSnapshot) -> Bool {
        left.counters == right.counters && left.pairs == right.pairs && left.samples == right.samples
            && left.gauges.elementsEqual(right.gauges) { $0 == $1 }
    }
}
