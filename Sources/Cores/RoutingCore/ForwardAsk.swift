package import FederationModel

/// What a request asks of another datacenter, as far as its route depends on it.
package struct ForwardAsk: Equatable, Sendable {
    package var datacenter: String
    /// It is answered only by, or with, the leader.
    package var needsLeader: Bool
    /// Doing it twice is the same as once: it may be asked of a second server.
    package var changesNothing: Bool
    /// A stale or default read that does not wait: it may be asked of two servers at once.
    package var mayHedge = false
    /// It may wait at the server by its nature: its time says nothing about the server.
    package var isBlocking: Bool
    /// 0 until the plan comes to the limits, when it was not measured before.
    package internal(set) var bodyBytes: Int
    /// For a place, which it takes now: it stands behind nobody.
    package var hasWaited = false
    /// An operator had the datacenter forgotten.
    package var isForgotten = false
    /// The pool lists none of its servers, and yet it may exist: this server has not heard of all since its start.
    package var isUnseen = false
    /// Borders of datacenters that it has crossed on its way to this server.
    package var hopCount: Int

    package init(
        datacenter: String, needsLeader: Bool, changesNothing: Bool, isBlocking: Bool = false, bodyBytes: Int = 0,
        hopCount: Int = 0
    ) {
        self.datacenter = datacenter
        self.needsLeader = needsLeader
        self.changesNothing = changesNothing
        self.isBlocking = isBlocking
        self.bodyBytes = bodyBytes
        self.hopCount = hopCount
    }

    mutating func measured(by measure: (() -> Int)?) {
        if let measure { bodyBytes = measure() }
    }

    /// - Parameter hopCount: as the peer says that handed it on; 0 for a request of the own datacenter.
    package init(_ request: Request, to datacenter: String, bodyBytes: Int = 0, hopCount: Int) {
        self.init(
            datacenter: datacenter, needsLeader: Self.needsLeader(request),
            changesNothing: RetryPolicy.changesNothing(request),
            isBlocking: (request.options?.minQueryIndex ?? 0) > 0, bodyBytes: bodyBytes, hopCount: hopCount)
        mayHedge = request.kind == .read && request.options?.requireConsistent == false && !isBlocking
    }

    package static func needsLeader(_ request: Request) -> Bool {
        switch request.kind {
        case .write: true
        case .read: request.options?.allowStale == false
        case .leader: request.options?.allowStale != true
        case .local, .anyServer: false
        }
    }
}
