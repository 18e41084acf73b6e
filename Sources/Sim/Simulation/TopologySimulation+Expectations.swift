import Determinism
import TopologyCore

// Expectations, watched until they are decided.
extension TopologySimulation {
    mutating func watch(
        _ expectation: TopologyExpectation, _ purpose: Watch.Purpose, mark: Duration? = nil, from: Duration? = nil,
        deadline: Duration
    ) {
        nextWatch += 1
        watches.append(
            Watch(
                number: nextWatch, purpose: purpose, expectation: expectation, mark: mark ?? now, deadline: deadline,
                nextLook: from ?? now))
    }

    mutating func beginExpectation(_ index: Int) {
        let entry = topology.expectations[index]
        switch entry.time {
        case .at(let time):
            watch(
                entry.expectation, .run(index), mark: time, from: time, deadline: time + entry.expectation.within)
        case .always(let from, let until):
            watch(entry.expectation, .always(index), from: from, deadline: until ?? topology.duration)
        case .never(let from, let until):
            watch(entry.expectation, .never(index), from: from, deadline: until ?? topology.duration)
        case .atEnd, .eventuallyAfterHeal: break
        }
    }

    /// The loads have been told to end.
    mutating func beginFinalExpectations() {
        for (index, entry) in topology.expectations.enumerated() {
            switch entry.time {
            case .atEnd:
                watch(entry.expectation, .run(index), deadline: now + max(entry.expectation.within, .seconds(10)))
            case .eventuallyAfterHeal:
                guard case .notReached = report.expectations[index].outcome else { continue }
                report.expectations[index].outcome = .failed(reason: "nothing was healed, so it was never looked at")
            case .at, .always, .never: break
            }
        }
    }

    /// Nothing is broken any more: what must hold after healing is watched; broken again, it is not.
    mutating func updateWounds() {
        let isHealed = wounds.open.isEmpty && wounds.hasBeenOpen
        defer { wounds.wasHealed = isHealed }
        guard isHealed != wounds.wasHealed else { return }
        for (index, entry) in topology.expectations.enumerated() {
            guard case .eventuallyAfterHeal(let within) = entry.time else { continue }
            if isHealed {
                watch(entry.expectation, .run(index), deadline: now + within)
            } else {
                watches.removeAll { $0.purpose == .run(index) }
            }
        }
    }

    // MARK: Looking

    mutating func workWatches() throws(Failure) {
        var position = 0
        while position < watches.count {
            let watch = watches[position]
            if watch.nextLook <= now || clients.ready.contains(watch.number) { try look(watch) }
            // A look may have removed it, and begun others at the end.
            if position < watches.count && watches[position].number == watch.number { position += 1 }
        }
    }

    private mutating func look(_ watch: Watch) throws(Failure) {
        var watch = watch
        let begun = watch.lookBegun ?? now
        watch.lookBegun = begun
        watch.lookCount += 1
        view.now = now
        clients.begin(look: watch.number)
        noteOpenWrites(watch.expectation.kind)
        var held: FederationView.Held?
        do throws(FederationReason) {
            held = try view.check(watch.expectation.kind, since: watch.mark, asking: &clients)
        } catch {
            guard !error.isPending else {
                // Every answer has a limit of its own; this one is in case nobody answers.
                watch.nextLook = now + .seconds(30)
                return put(watch)
            }
            watch.lastReason = error.description
        }
        clients.end(look: watch.number)
        // What was looked at before the deadline counts although the answer took its time.
        try decided(watch, held: held, at: held?.since ?? begun)
    }

    /// Writes under way may have been done already.
    private mutating func noteOpenWrites(_ kind: TopologyExpectation.Kind) {
        switch kind {
        case .linearizable(let name), .nothingLost(let name, _):
            view.loads[name]?.openWrites = loads.filter { $0.record == name }.flatMap(\.requesters)
                .compactMap(\.request).filter(\.isWrite)
        default: break
        }
    }

    private mutating func put(_ watch: Watch) {
        if let place = watches.firstIndex(where: { $0.number == watch.number }) { watches[place] = watch }
    }

    private mutating func remove(_ watch: Watch) { watches.removeAll { $0.number == watch.number } }

    /// - Parameter held: nil when it does not hold now.
    private mutating func decided(
        _ watch: Watch, held: FederationView.Held?, at moment: Duration
    ) throws(Failure) {
        var watch = watch
        watch.pause(at: now)
        put(watch)
        switch watch.purpose {
        case .always(let index):
            if held == nil { try failed(watch, run: index, watch.lastReason) }
        case .never(let index):
            if let held { try failed(watch, run: index, "it held\(held.evidence.isEmpty ? "" : ": \(held.evidence)")") }
        case .step, .run, .when, .report:
            guard let held else {
                if now >= watch.deadline { try missed(watch, watch.lastReason) }
                return
            }
            guard moment <= watch.deadline else {
                return try missed(watch, "held only after \((moment - watch.mark).shown)")
            }
            remove(watch)
            came(watch, held, after: moment - watch.mark)
            return
        }
        if watch.nextLook > watch.deadline { settle(watch) }
    }

    /// It came to hold.
    private mutating func came(_ watch: Watch, _ held: FederationView.Held, after time: Duration) {
        let outcome = TopologyReport.Outcome.held(after: time, evidence: held.evidence)
        if !watch.expectation.record.isEmpty {
            measure(watch.expectation.record, time.shown)
            report.times.append((watch.expectation.record, time))
        }
        switch watch.purpose {
        case .step(let place):
            report.steps[scripts[0].step].expectations[place].outcome = outcome
            scripts[0].isReady = true
        case .run(let index): report.expectations[index].outcome = outcome
        case .report(let label): return measure(label, time.shown)
        case .when(let index):
            scripts.append(Script(.schedule(index), topology.schedule[index].actions))
            return say("  when \(watch.expectation)")
        case .always, .never: return
        }
        say(
            "    held after \(time.shown): \(watch.expectation)\(held.evidence.isEmpty ? "" : " [\(held.evidence)]")",
            .outcome(isHeld: true, text: "\(watch.expectation)", evidence: held.evidence))
    }

    /// An `always` or `never` whose time is over without having failed.
    mutating func settle(_ watch: Watch) {
        remove(watch)
        switch watch.purpose {
        case .always(let index), .never(let index):
            report.expectations[index].outcome = .held(after: now, evidence: "\(watch.lookCount) looks")
            let text = topology.expectations[index].shown
            clients.world.trace(
                .step, nil, "held to the end: \(text)",
                .outcome(isHeld: true, text: text, evidence: "\(watch.lookCount) looks"))
        case .report(let label): measure(label, "not within \((now - watch.mark).shown)")
        case .step, .run, .when: break
        }
    }

    private mutating func missed(_ watch: Watch, _ reason: String) throws(Failure) {
        let limit = watch.deadline - watch.mark
        switch watch.purpose {
        case .step(let place):
            report.steps[scripts[0].step].expectations[place].outcome = .failed(
                reason: "not within \(limit.shown): \(reason)")
            report.steps[scripts[0].step].ended = now
            traceMiss(watch, reason)
        case .run(let index): return try failed(watch, run: index, "not within \(limit.shown): \(reason)")
        case .when: throw Failure(description: "never: \(watch.expectation): \(reason)")
        case .report, .always, .never: return settle(watch)
        }
        let place = "line \(watch.expectation.position.line)"
        throw Failure(
            description: "\(place): \(watch.expectation): not within \(limit.shown): \(reason)", isReported: true)
    }

    private mutating func failed(_ watch: Watch, run index: Int, _ reason: String) throws(Failure) {
        report.expectations[index].outcome = .failed(reason: "\(reason) (at \(now.shown))")
        traceMiss(watch, reason)
        let place = "line \(watch.expectation.position.line)"
        throw Failure(description: "\(place): \(watch.expectation): \(reason)", isReported: true)
    }

    private func traceMiss(_ watch: Watch, _ reason: String) {
        clients.world.trace(
            .step, nil, "failed: \(watch.expectation)",
            .outcome(isHeld: false, text: "\(watch.expectation)", evidence: reason))
    }

    /// What holds whatever the file says: at the same applied index, catalogs are the same.
    mutating func finalChecks() throws(Failure) {
        guard options.until == nil else { return }
        for host in clients.world.hosts.indices { checker.compareCatalog(of: host, clients.world) }
        if let violation = checker.violations.first { throw Failure(description: violation.description) }
        if let missed = report.all.first(where: { if case .failed = $0.outcome { true } else { false } }) {
            throw Failure(description: missed.text, isReported: true)
        }
    }
}
