package import FederationModel

/// Somebody's query, for the application to answer with `PoolInput.respond`.
package struct ReceivedQuery: Equatable, Sendable {
    package var key: QueryKey
    package var name: String
    package var payload: [UInt8]
    package var from: String
}

package enum PoolEvent: Equatable, Sendable {
    case memberJoined(PoolMember)
    case memberUpdated(PoolMember)
    case memberFailed(PoolMember)
    case memberLeft(PoolMember)
    /// Erased: after its time, or pruned.
    case memberReaped(PoolMember)
    /// Somebody says it is alive; it is not let in.
    case memberBarred(PoolMember, incarnation: UInt64)
    /// A peer lists members that are not known here: those that had failed before we came, and those that had left.
    case strangersNamed(present: [String], left: [String])
    /// Somebody had a member erased that is not known here.
    case strangerErased(String)
    /// A join failed because a living node of another identity has our name.
    case nameTaken(by: PoolMember)
    case userEvent(name: String, payload: [UInt8], time: UInt64, mayCoalesce: Bool)
    case queryReceived(ReceivedQuery)
    case queryAcked(QueryID, from: String)
    case queryAnswered(QueryID, from: String, payload: [UInt8])
    /// No answer is taken after this.
    case queryEnded(QueryID)
}

/// What a pool wants done, in order.
package enum PoolEffect: Equatable, Sendable {
    case datagram(to: Endpoint, [UInt8])
    case connect(StreamID, to: Endpoint, timeout: Duration)
    case write(StreamID, [UInt8])
    /// After what was written has left.
    case close(StreamID)
    case event(PoolEvent)
    /// `count` endpoints exchanged states with us; one error for each other.
    case joined(JoinID, count: Int, errors: [String])
    case left
    case appendSnapshot([UInt8])
    case replaceSnapshot([UInt8])
    /// The ring changed: primary first.
    case saveKeyring([[UInt8]])
    case log(LogLine)
}
