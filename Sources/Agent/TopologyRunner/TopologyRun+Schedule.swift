import TopologyCore

/// Actions that are done beside the steps.
struct ScheduledWork {
    enum Trigger {
        /// At these times, of which the earliest come first.
        case times(ArraySlice<Duration>)
        /// When it first holds; watched from the beginning of the run.
        case when(TopologyExpectation)
        case done
    }

    let actions: [TopologyAction]
    var trigger: Trigger
    var watch: RunWatch?

    static func all(of topology: Topology) -> [ScheduledWork] {
        topology.schedule.map { entry in
            switch entry.trigger {
            case .at(let time): ScheduledWork(actions: entry.actions, trigger: .times([time]))
            case .every(let period, let from, let until):
                ScheduledWork(actions: entry.actions, trigger: .times(times(period, from, until)[...]))
            case .when(let expectation): ScheduledWork(actions: entry.actions, trigger: .when(expectation))
            }
        }
    }

    private static func times(_ period: Duration, _ from: Duration, _ until: Duration) -> [Duration] {
        var times: [Duration] = []
        var time = from
        // A run that is not over after its duration has failed; ten a second for an hour are more than any file wants.
        while time <= until && times.count < 36_000 {
            times.append(time)
            time += max(period, .milliseconds(1))
        }
        return times
    }
}

// A live run does one action at a time: what is due while another one is under way is done after it.
extension TopologyRun {
    mutating func workSchedule() throws(Failure) {
        for index in scheduled.indices {
            switch scheduled[index].trigger {
            case .times(let times):
                guard let first = times.first else {
                    scheduled[index].trigger = .done
                    continue
                }
                guard first <= now else { continue }
                scheduled[index].trigger = .times(times.dropFirst())
                try performScheduled(index)
            case .when(let expectation):
                if scheduled[index].watch == nil {
                    scheduled[index].watch = RunWatch(
                        expectation, .come, from: began, until: began + topology.duration, shared)
                }
                switch scheduled[index].watch?.outcome {
                case .held:
                    scheduled[index].trigger = .done
                    say("  when \(expectation)")
                    try performScheduled(index)
                case .failed(let reason): throw .step("never: \(expectation): \(reason)", names: suspects(expectation))
                case nil: break
                }
            case .done: break
            }
        }
    }

    private mutating func performScheduled(_ index: Int) throws(Failure) {
        // The times of the present step count from its own actions.
        let mark = mark
        isInSchedule = true
        defer {
            isInSchedule = false
            self.mark = mark
        }
        for action in scheduled[index].actions { try perform(action) }
    }

    /// The steps are done: waits until the schedule is, and everything whose time the file names.
    mutating func finishSchedule() throws(Failure) {
        let last = topology.lastNamedTime
        while now < last || hasOpenSchedule || hasOpenExpectations {
            try tick()
            pause(.milliseconds(10))
        }
    }

    private var hasOpenSchedule: Bool {
        scheduled.contains { if case .done = $0.trigger { false } else { true } }
    }
}

// Expectations of the whole run.
extension TopologyRun {
    mutating func beginExpectations() {
        for (index, entry) in topology.expectations.enumerated() {
            let end = topology.duration
            switch entry.time {
            case .at(let time): watch(index, .come, from: time, until: time + entry.expectation.within)
            case .always(let from, let until): watch(index, .always, from: from, until: until ?? end)
            case .never(let from, let until): watch(index, .never, from: from, until: until ?? end)
            case .atEnd, .eventuallyAfterHeal: break
            }
        }
    }

    private mutating func watch(_ index: Int, _ purpose: RunWatch.Purpose, from: Duration, until: Duration) {
        let expectation = topology.expectations[index].expectation
        watches[index] = RunWatch(expectation, purpose, from: began + from, until: began + until, shared)
    }

    /// Whether the run goes on until one that has to come to hold is decided.
    private var hasOpenExpectations: Bool {
        watches.keys.contains { index in
            switch topology.expectations[index].time {
            case .at, .atEnd, .eventuallyAfterHeal: true
            case .always, .never: false
            }
        }
    }

    mutating func workExpectations() throws(Failure) {
        updateWounds()
        for index in watches.keys.sorted() {
            guard let outcome = watches[index]?.outcome else { continue }
            watches[index] = nil
            try note(index, outcome)
        }
    }

    private mutating func note(_ index: Int, _ outcome: RunWatch.Outcome) throws(Failure) {
        var reported = TopologyReport.Outcome.notReached
        defer { report.expectations[index].outcome = reported }
        let entry = topology.expectations[index]
        let limit: Duration? =
            switch entry.time {
            case .at: entry.expectation.within
            case .eventuallyAfterHeal(let within): within
            case .always, .never, .atEnd: nil
            }
        try show(entry.expectation, outcome, limit, &reported)
    }

    /// Nothing is broken any more: what must hold after healing is watched; broken again, it is not.
    private mutating func updateWounds() {
        let isHealed = wounds.open.isEmpty && wounds.hasBeenOpen
        guard isHealed != wounds.wasHealed else { return }
        wounds.wasHealed = isHealed
        for (index, entry) in topology.expectations.enumerated() {
            guard case .eventuallyAfterHeal(let within) = entry.time else { continue }
            watches.removeValue(forKey: index)?.cancel()
            if isHealed { watch(index, .come, from: now, until: now + within) }
        }
    }

    /// Loads end, what was watched all the time is settled, and what is to hold at the end is looked at.
    mutating func finishExpectations() throws(Failure) {
        for name in view.loads.keys.sorted() { view.loads[name]?.finish() }
        for watch in watches.values { watch.settle() }
        try workExpectations()
        for (index, entry) in topology.expectations.enumerated() {
            switch entry.time {
            case .atEnd: watch(index, .come, from: now, until: now + max(entry.expectation.within, .seconds(10)))
            case .eventuallyAfterHeal:
                guard case .notReached = report.expectations[index].outcome else { continue }
                try note(index, .failed("nothing was healed, so it was never looked at"))
            case .at, .always, .never: break
            }
        }
        while !watches.isEmpty {
            try tick()
            pause(.milliseconds(10))
        }
    }
}
