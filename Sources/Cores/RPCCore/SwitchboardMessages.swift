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

/// Why a call has no result, by what is known of its fate at the peer.
package enum CallFailure: Error, Equatable, Sendable {
    /// Nobody listens there. Not sent.
    case refused
    /// The connection did not come up in time. Not sent.
    case connectTimeout
    /// Any other failure to connect. Not sent.
    case connectFailed(String)
    /// The deadline passed. `connected` false: not sent. True: sent, and nothing came back.
    case noAnswer(connected: Bool)
    /// The connection or stream broke after sending: the peer may have processed the request.
    case lost(String)
    /// The connection broke before anything was sent, or the peer did not accept the stream.
    case notSent(String)
    /// The peer's error text.
    case application(String)
    /// A limit of ours; not sent.
    case overloaded

    /// The peer certainly did not process the request.
    package var isCertainlyNotProcessed: Bool {
        switch self {
        case .refused, .connectTimeout, .connectFailed, .notSent, .overloaded: true
        case .noAnswer(let connected): !connected
        case .lost, .application: false
        }
    }

    package var message: String {
        switch self {
        case .refused: "connection refused"
        case .connectTimeout: "connect timed out"
        case .connectFailed(let text): "connect failed: \(text)"
        case .noAnswer(connected: true): "no answer before the deadline"
        case .noAnswer(connected: false): "not connected before the deadline"
        case .lost(let text): "connection lost: \(text)"
        case .notSent(let text): "not sent: \(text)"
        case .application(let text): text
        case .overloaded: "too many calls"
        }
    }

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
    case call(CallID, to: Endpoint, method: String, body: [UInt8], deadline: Instant, fresh: Bool)
    /// Forgets the call; nothing is reported of it.
    case cancelCall(CallID)
    /// `error` nil or empty: success, `body` is one MessagePack object. Unknown or abandoned numbers are ignored.
    case reply(InboundID, error: String?, body: [UInt8])
    /// One way and best effort.
    case sendRaft(to: Endpoint, [UInt8])
}

package enum SwitchboardEffect: Equatable, Sendable {
    case connect(StreamID, to: Endpoint, timeout: Duration)
    case write(StreamID, [UInt8])
    case close(StreamID)
    case inbound(InboundID, method: String, body: [UInt8], from: Endpoint)
    /// The asker is gone: no reply is needed.
    case abandoned(InboundID)
    case completed(CallID, Result<[UInt8], CallFailure>)
    case raft([UInt8], from: Endpoint)
    case log(LogLine)
}
