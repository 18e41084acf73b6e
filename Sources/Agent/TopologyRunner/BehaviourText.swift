package import TopologyCore

/// A producer's behaviour as one word of a command line: `5000000000 answer 500 0`, `0 answer 200 50000000 some text`,
/// `1 hang`, `1 reset`, `1 flap 2000000000`; times in nanoseconds.
package enum BehaviourText {
    package static func text(_ behaviour: Topology.Behaviour) -> String {
        let from = "\(nanoseconds(behaviour.from))"
        switch behaviour.kind {
        case .steady(.answer(let status, let delay, let body)):
            return "\(from) answer \(status) \(nanoseconds(delay))" + (body.map { " \($0)" } ?? "")
        case .steady(.hang): return "\(from) hang"
        case .steady(.reset): return "\(from) reset"
        case .flap(let period): return "\(from) flap \(nanoseconds(period))"
        }
    }

    /// - Returns: nil unless it is one.
    package static func behaviour(_ text: String) -> Topology.Behaviour? {
        let words = text.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        guard words.count >= 2, let from = Int64(words[0]), from >= 0 else { return nil }
        let numbers = words.dropFirst(2).prefix(2).map { Int64($0) }
        let kind: Topology.Behaviour.Kind
        switch (words[1], words.count) {
        case ("hang", 2): kind = .steady(.hang)
        case ("reset", 2): kind = .steady(.reset)
        case ("flap", 3):
            guard let period = numbers[0], period > 0 else { return nil }
            kind = .flap(.nanoseconds(period))
        case ("answer", 4), ("answer", 5):
            guard let status = numbers[0], (100...999).contains(status), let delay = numbers[1], delay >= 0 else {
                return nil
            }
            let body = words.count == 5 ? String(words[4]) : nil
            kind = .steady(.answer(status: Int(status), delay: .nanoseconds(delay), body: body))
        default: return nil
        }
        return Topology.Behaviour(from: .nanoseconds(from), kind: kind)
    }

    private static func nanoseconds(_ time: Duration) -> Int64 {
        let (seconds, attoseconds) = time.components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
