/// A verdict with its evidence.
package struct DatacenterReport: Equatable, Sendable {
    package struct Server: Equatable, Sendable {
        package var name: String
        package var endpoint: Endpoint
        /// Serf's word for it.
        package var gossip: PoolMember.Status
        /// False when three pings in a row went missing or two connections were refused.
        package var answers: Bool
        /// Round trip of the last answer.
        package var roundTrip: Duration?
        /// Seconds since the last answer; nil when there was none.
        package var lastAnswerAge: Duration?
        /// What it last said of its leader; nil when it never answered.
        package var leader: String?
        package var lastError: String
        /// Answers our own ping; a server of Consul is asked for its leader.
        package var isIsthmus = true
        /// Failed pings since the last answer.
        package var missCount = 0

        package init(
            name: String, endpoint: Endpoint, gossip: PoolMember.Status, answers: Bool, roundTrip: Duration?,
            lastAnswerAge: Duration?, leader: String?, lastError: String
        ) {
            self.name = name
            self.endpoint = endpoint
            self.gossip = gossip
            self.answers = answers
            self.roundTrip = roundTrip
            self.lastAnswerAge = lastAnswerAge
            self.leader = leader
            self.lastError = lastError
        }
    }

    /// What another datacenter that can be heard sees of it.
    package struct Vote: Equatable, Sendable {
        package var datacenter: String
        package var verdict: Verdict
        package var reaches: Bool
        package var roundTrip: Duration?
        /// Of the row that says so.
        package var age: Duration

        package init(datacenter: String, verdict: Verdict, reaches: Bool, roundTrip: Duration?, age: Duration) {
            self.datacenter = datacenter
            self.verdict = verdict
            self.reaches = reaches
            self.roundTrip = roundTrip
            self.age = age
        }
    }

    package var datacenter: String
    /// As seen from here.
    package var verdict: Verdict
    /// How long the verdict has stood.
    package var since: Duration
    package var reason: String
    /// Sorted by name.
    package var servers: [Server]
    /// Of the majority of the datacenters that can be heard, this one included and the judged one not.
    package var federation: Verdict
    /// The other datacenters' votes, sorted by datacenter.
    package var votes: [Vote] = []
    /// Independent signs that agree with the verdict: `pings`, `requests`, `gossip`, and the datacenters that agree.
    package var signs: [String] = []
    /// Answering servers beyond a quorum of all that have not left: negative without a quorum.
    package var quorumMargin = 0
    /// Anything of it arrives here.
    package var hears = false
    /// Directions in which packets do not arrive, between it and any datacenter.
    package var cuts: [ReachabilityMatrix.Cut] = []
    /// Counts the changes of its verdicts, for blocking queries.
    package var index: UInt64 = 1

    package init(datacenter: String, verdict: Verdict, since: Duration, reason: String, servers: [Server]) {
        self.datacenter = datacenter
        self.verdict = verdict
        self.since = since
        self.reason = reason
        self.servers = servers
        federation = verdict
    }
}
