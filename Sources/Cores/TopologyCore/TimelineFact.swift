/// Something that happened in a run and that its timeline shows. Agents and producers go by their names.
package enum TimelineFact: Equatable, Sendable {
    package enum Process: Equatable, Sendable {
        case started
        /// How its process ended: `killed`, or the agent's own reason.
        case ended(String)
        case frozen, resumed
    }

    case process(String, Process)
    case leads(String, term: UInt64)
    /// - Parameter leader: nil when it knows none.
    case follows(String, leader: String?, term: UInt64)
    /// A server's verdict of a datacenter has changed.
    case verdict(of: String, by: String, is: String, reason: String)
    /// The network lost or held up a message; `what` comes from a small set of texts.
    case lost(from: String, to: String, what: String)
    /// What an action, named by `by`, did to links.
    case links([LinkChange], by: String)
    /// - Parameter fault: nil when the disk is as new again.
    case disk(String, fault: String?)
    case action(String)
    case step(String)
    case stepEnded
    /// An expectation was decided.
    case outcome(isHeld: Bool, text: String, evidence: String)
}
