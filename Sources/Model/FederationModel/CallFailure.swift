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
    /// The peer's error text, and its `FederationError.label` when the peer is one of ours.
    case application(String, label: String = "", details: ErrorDetails = ErrorDetails())
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
        case .application(let text, _, _): text
        case .overloaded: "too many calls"
        }
    }
}
