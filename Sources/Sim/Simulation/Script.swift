import TopologyCore

/// Actions done one after the other: the steps, or one entry of the schedule.
struct Script: Sendable {
    enum Origin: Equatable, Sendable {
        case steps
        case schedule(Int)
    }

    enum Wait: Equatable, Sendable {
        case none
        case until(Duration)
        /// For ends of processes.
        case ended([String], deadline: Duration)
        /// For answers to so many requests.
        case answers(Int)
        /// For who is meant, say a leader; tried again.
        case selector(deadline: Duration, retryAt: Duration)
        case measuring(Measuring)
        /// A step's expectations are watched.
        case expectations
        case done
    }

    struct Measuring: Equatable, Sendable {
        var label: String
        var path: String
        var agents: [String]
        var left: Int
        var begun: Duration
        var times: [Duration] = []
    }

    let origin: Origin
    var actions: [TopologyAction]
    var wait = Wait.none
    /// Of the steps: the one that runs.
    var step = -1
    /// When the last action that changes something was begun.
    var mark = Duration.zero
    var hasWatchedStep = false
    /// Agents that end after they have answered.
    var endingAfterAnswers: [String] = []
    /// Something it waited for has come.
    var isReady = false

    init(_ origin: Origin, _ actions: [TopologyAction]) {
        self.origin = origin
        self.actions = actions
    }

    var isDone: Bool { wait == .done }

    /// Neither an agent's answer nor its end lets it go on.
    var isWokenByTimeAlone: Bool {
        switch wait {
        case .none, .until, .selector, .expectations, .done: true
        case .ended, .answers, .measuring: false
        }
    }

    /// When it must be looked at again; nil when something else wakes it.
    var wakeAt: Duration? {
        switch wait {
        case .none: .zero
        case .until(let time): time
        case .ended(_, let deadline): deadline
        case .selector(_, let retryAt): retryAt
        case .answers, .measuring, .expectations, .done: nil
        }
    }
}
