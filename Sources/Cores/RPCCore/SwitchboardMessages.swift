package import FederationModel
package import Determinism

/// A call as its caller numbers it; never used twice while the first is in the air.
package struct CallID: Hashable, Sendable {
    package let value: UInt64
    package init(_ value: UInt64) { self.value = value }
}

/// A request of a peer that waits for our reply.
package struct InboundID: Hashable, Sendable {
    package let value: UInt64
    package init(_ value: UInt64) { self.value = value }
}

/// What goes along with a call between agents of ours. Other peers skip it.
package struct CallNotes: Equatable, Sendable {
    /// Borders of datacenters that the request has crossed, this call's included; 0 on a direct way, where it is known.
    package var hopCount: Int
    /// Its caller wants to know the way it took.
    package var explains: Bool

    package init(hopCount: Int = 0, explains: Bool = false) {
        self.hopCount = hopCount
        self.explains = explains
    }
}

extension CallFailure {
    /// From the shell's words for a failed connect.
    init(connecting text: String) {
        let words = text.lowercased()
        self =
            if words.contains("refused") {
                .refused
            } else if words.contains("timed out") || words.contains("timeout") {
                .connectTimeout
            } else {
                .connectFailed(text)
            }
    }
}

package enum SwitchboardInput: Equatable, Sendable {
    case accepted(StreamID, from: Endpoint)
    case connected(StreamID)
    case connectFailed(StreamID, String)
    case received(StreamID, [UInt8])
    case closed(StreamID)
    /// `fresh`: on a connection of its own, closed afterwards; the pool is neither used nor changed.
    case call(
        CallID, to: Endpoint, method: String, body: [UInt8], deadline: Instant, fresh: Bool,
        notes: CallNotes = CallNotes())
    /// Forgets the call; nothing is reported of it.
    case cancelCall(CallID)
    /// Ends the call as its deadline would.
    case expireCall(CallID)
    /// `error` nil or empty: success, `body` is one MessagePack object. Unknown or abandoned numbers are ignored.
    /// `label`, `details`: of the error, for peers of our own.
    case reply(
        InboundID, error: String?, label: String = "", details: ErrorDetails = ErrorDetails(), body: [UInt8])
    /// One way and best effort.
    case sendRaft(to: Endpoint, [UInt8])
}

package enum SwitchboardEffect: Equatable, Sendable {
    case connect(StreamID, to: Endpoint, timeout: Duration)
    case write(StreamID, [UInt8])
    case close(StreamID)
    /// `timeLimit`: for how long the asker waits, when it says so. Not to be believed beyond a limit of one's own.
    case inbound(
        InboundID, method: String, body: [UInt8], timeLimit: Duration?, notes: CallNotes = CallNotes(),
        from: Endpoint)
    /// The asker is gone: no reply is needed.
    case abandoned(InboundID)
    /// What the peer says of the way of a request that it answers; `completed` comes next.
    case noted(CallID, ErrorDetails)
    case completed(CallID, Result<[UInt8], CallFailure>)
    case raft([UInt8], from: Endpoint)
    case log(LogLine)
}
