package import Determinism
package import FederationModel

// Who reaches whom: the own row, those of others, and what follows from all of them.

extension Router {
    /// What arrives later than this after the first unanswered ping was sent after it: no packet is on its way longer.
    private static let hearingMargin = Duration.seconds(2)
    /// A cut that has healed is heard before it answers, and answers within this time: pings come each second.
    private static let hearingTime = Duration.seconds(3)
    /// Something arrives at least so often from a datacenter whose packets arrive: pings come each second.
    private static let hearingAge = Duration.seconds(5)
    /// A row of a server that is reached comes with its answers; an older one has to be fetched from others.
    private static let directRowAge = Duration.seconds(5)
    /// While a datacenter answers nothing, what others see decides which direction of a line is cut. Its own row
    /// changes several times within some seconds, and what was fetched in between must not stand for five more: of six
    /// servers that can know of a cut most named it after 7 to 11 s and the slowest, one seed in 200, after 15.8.
    private static let disputedRowAge = Duration.seconds(2)
    /// Of one question: with names of common length it stays within one packet.
    private static let maxWantedCount = 16

    package func stamp(_ now: Instant) -> UInt64 {
        UInt64(clamping: (configuration.calendarOrigin + now.nanoseconds) / 1_000_000)
    }

    mutating func record(
        _ name: String, _ scope: VerdictChange.Scope, from: Verdict, to: Verdict, reason: String, _ now: Instant
    ) {
        history.add(name, scope, from: from, to: to, reason: reason, stamp: stamp(now))
        let index = history.index
        datacenters.change(name) { $0.changeIndex = index }
    }

    // MARK: Rows

    /// This server's row at present.
    package func row(at now: Instant) -> ReachabilityRow {
        let entries = names.indices.map { place in
            let sight = datacenters.sights[place]
            return ReachabilityRow.Entry(
                datacenter: names[place], verdict: sight.verdict, reaches: sight.reaches,
                hears: hears(sight, at: now), roundTrip: sight.roundTrip, since: stamp(sight.since))
        }
        return ReachabilityRow(
            datacenter: configuration.datacenter, server: configuration.node, stamp: stamp(now), entries: entries)
    }

    /// Some datacenter answers nothing at present.
    package var isMissingAny: Bool { datacenters.isMissingAny }

    /// Answers arrive, or other packets although there are no answers.
    private func hears(_ sight: DatacenterTable.Sight, at now: Instant) -> Bool {
        if sight.reaches { return true }
        guard let heard = sight.lastHeard, now - heard <= Self.hearingAge else { return false }
        guard let missing = sight.missingSince else { return true }
        guard let since = sight.hearingSince, since >= missing + Self.hearingMargin else { return false }
        return now - since >= Self.hearingTime
    }

    mutating func heard(_ datacenter: String, _ now: Instant) {
        datacenters.heard(datacenter, margin: Self.hearingMargin, age: Self.hearingAge, at: now)
    }

    /// Datacenters whose rows are wanted from others: those that do not bring their own, and the own one for what the
    /// other servers of it see. For a ping that leaves now: who was just asked by another one may be about to answer.
    /// - Parameter fresh: its server missed a ping. It is not the one to ask: pings leave together, and the first of
    ///   them alone asks.
    package mutating func wantedRows(fresh: Bool, at now: Instant) -> [String] {
        guard !fresh, now >= rowCache.nextAsking else { return [] }
        let wanted = findWanted(at: now)
        if !wanted.isEmpty { rowCache.nextAsking = now + RowCache.askingPause }
        return wanted
    }

    private mutating func findWanted(at now: Instant) -> [String] {
        if now < rowCache.wantedDue && rowCache.wantedOf == datacenters.generation { return rowCache.wanted }
        let found = findWantedRows(at: now)
        rowCache.wanted = found.names
        rowCache.wantedOf = datacenters.generation
        // While none is wanted none comes to be before the oldest one is too old.
        rowCache.wantedDue = now + RowCache.age
        if found.names.isEmpty { rowCache.wantedDue = max(rowCache.wantedDue, min(found.next, now + .seconds(1))) }
        return rowCache.wanted
    }

    /// - Returns: also when the next row grows too old.
    private func findWantedRows(at now: Instant) -> (names: [String], next: Instant) {
        let age = isMissingAny ? Self.disputedRowAge : Self.directRowAge
        var wanted: [String] = []
        var next = Instant.distantFuture
        func look(at name: String) {
            let written = book.lastWritten(of: name)
            if let written, now - written < age {
                next = min(next, written + age)
            } else {
                wanted.append(name)
            }
        }
        look(at: configuration.datacenter)
        for (place, name) in names.enumerated() where wanted.count < Self.maxWantedCount {
            if datacenters.sights[place].isOurs { look(at: name) }
        }
        return (wanted, next)
    }

    /// The rows for who asks for those of `wanted`, the own one first.
    /// - Parameter heldStamp: of the own row that the asker has; 0: none. When it still says what there is to say,
    ///   `isHeldGood` is true instead.
    package mutating func rows(
        wanted: [String], heldStamp: UInt64 = 0, at now: Instant
    ) -> (rows: [CarriedRow], isHeldGood: Bool) {
        if !rowCache.isGood(historyIndex: history.index, at: now) {
            rowCache.keep(row(at: now), historyIndex: history.index, at: now)
        }
        var rows: [CarriedRow] = []
        let isHeldGood = heldStamp > 0 && heldStamp >= rowCache.firstStamp
        if !isHeldGood, let row = rowCache.row { rows.append(CarriedRow(row, age: now - rowCache.writtenAt)) }
        for name in wanted.prefix(Self.maxWantedCount) {
            for held in book.held(of: name, within: configuration.rowLifetime, at: now) {
                rows.append(CarriedRow(held.row, age: now - held.written))
            }
        }
        return (rows, isHeldGood)
    }

    /// Of the row of a server that is held here; 0 without one.
    package func heldStamp(of server: String, in datacenter: String) -> UInt64 {
        book.stamp(of: server, in: datacenter)
    }

    mutating func learn(_ rows: [CarriedRow], _ now: Instant, _ effects: inout [RouterEffect]) {
        for carried in rows {
            let row = carried.row
            let isOwn = row.datacenter == configuration.datacenter && row.server == configuration.node
            guard !isOwn, row.datacenter == configuration.datacenter || datacenters.contains(row.datacenter) else {
                continue
            }
            if book.learn(carried, at: now) { judgeSoon(row.datacenter, now) }
        }
    }

    /// The server's row is as it was.
    mutating func renew(_ server: String, in datacenter: String, _ now: Instant) {
        if book.renew(server, in: datacenter, at: now) { judgeSoon(datacenter, now) }
    }

    /// At a start rows of all servers arrive at once, and each judgement looks at what all say of all.
    private static let judgingPause = Duration.milliseconds(200)

    /// - Parameter datacenter: what it sees has changed. The own one has no voice beside this server's own.
    private mutating func judgeSoon(_ datacenter: String, _ now: Instant) {
        guard datacenter != configuration.datacenter else { return }
        judgingDue = min(judgingDue, now + Self.judgingPause)
        nextDeadline = min(nextDeadline, judgingDue)
    }

    /// Rows grow too old without an input: looked at again and again while somebody sees a fault.
    mutating func judgeWhenDue(_ now: Instant, _ effects: inout [RouterEffect]) {
        let isDisputed = now >= judgedAt + Self.judgingPause && !datacenters.isUndisputed
        if judgingDue <= now || isDisputed { judgeForAll(now, &effects) }
    }

    /// A verdict heard by an event: what the server's next row will say.
    package mutating func heard(
        _ announcement: VerdictAnnouncement, at now: Instant, into effects: inout [RouterEffect]
    ) {
        guard datacenters.contains(announcement.datacenter), book.learn(announcement) else { return }
        judgeForAll(now, &effects)
    }

    /// Of the last change of a datacenter's verdicts; nil when it is not known.
    package func changeIndex(of datacenter: String) -> UInt64? { datacenters[datacenter]?.changeIndex }

    /// The cluster that owns a datacenter's name, as its servers' tags say.
    package func clusterTag(of datacenter: String) -> String? { datacenters[datacenter]?.clusterTag }

    // MARK: Together

    /// Remakes each datacenter's verdict of the majority.
    mutating func judgeForAll(_ now: Instant, _ effects: inout [RouterEffect]) {
        judgingDue = .distantFuture
        judgedAt = now
        let names = names
        let sights = datacenters.sights
        var votes = book.votes(
            on: names, generation: datacenters.generation, within: configuration.rowLifetime, at: now,
            // Who has left has a row for some seconds more, and sees nothing any longer.
            of: { sights[$0].verdict != .left })
        for place in names.indices {
            let federation = sights[place].federation
            votes[place].add(sights[place].verdict)
            guard let verdict = votes[place].majority, verdict != federation else { continue }
            let name = names[place]
            let reason = "\(votes[place][verdict]) of \(votes[place].total) datacenters say so"
            effects.append(
                .federationVerdictChanged(datacenter: name, from: federation, to: verdict, reason: reason))
            datacenters.change(name) { $0.federation = verdict }
            record(name, .federation, from: federation, to: verdict, reason: reason, now)
        }
    }

    /// What the other datacenters that can be heard see of one.
    private func votes(
        on name: String, in matrix: ReachabilityMatrix
    ) -> [DatacenterReport.Vote] {
        names.compactMap { voter in
            // Who has left has a row for some seconds more, and sees nothing any longer.
            guard voter != name, datacenters[voter]?.verdict != .left, let row = matrix[voter], let entry = row[name]
            else { return nil }
            return DatacenterReport.Vote(
                datacenter: voter, verdict: entry.verdict, reaches: entry.reaches, roundTrip: entry.roundTrip,
                age: row.age)
        }
    }

    /// - Returns: nil when the datacenter cannot be heard.
    private func matrixRow(_ datacenter: String, at now: Instant) -> ReachabilityMatrix.Row? {
        var rows = book.held(of: datacenter, within: configuration.rowLifetime, at: now)
        if datacenter == configuration.datacenter { rows.append(RowBook.Held(row: row(at: now), written: now)) }
        guard !rows.isEmpty else { return nil }
        let names = Set(rows.flatMap { $0.row.entries.map(\.datacenter) }).sorted()
        return ReachabilityMatrix.Row(
            datacenter: datacenter, servers: rows.map(\.row.server).sorted(),
            age: max(.zero, now - (rows.map(\.written).max() ?? now)),
            entries: names.compactMap { Self.merged($0, of: rows) })
    }

    private static func merged(_ name: String, of rows: [RowBook.Held]) -> ReachabilityMatrix.Entry? {
        let entries = rows.compactMap { held in held.row[name].map { ($0, held.row.stamp) } }
        guard let verdict = Verdict.majority(of: entries.map(\.0.verdict)) else { return nil }
        let since = entries.filter { $0.0.verdict == verdict }.map { entry, stamp in stamp - min(stamp, entry.since) }
        return ReachabilityMatrix.Entry(
            datacenter: name, verdict: verdict, reaches: entries.contains { $0.0.reaches },
            hears: entries.contains { $0.0.hears },
            roundTrip: entries.lazy.filter { $0.0.reaches }.compactMap { $0.0.roundTrip }.min(),
            since: .milliseconds(Int64(clamping: since.max() ?? 0)))
    }

    /// Who reaches whom, as far as it is known here.
    package func matrix(at now: Instant) -> ReachabilityMatrix {
        let known = ([configuration.datacenter] + names).sorted()
        let rows = known.compactMap { matrixRow($0, at: now) }
        var cuts: [ReachabilityMatrix.Cut] = []
        for here in rows {
            for entry in here.entries where !entry.reaches && entry.hears {
                // It hears what does not answer it; the other side says that it hears and reaches nothing.
                guard let there = rows.first(where: { $0.datacenter == entry.datacenter }),
                    let back = there[here.datacenter], !back.reaches, !back.hears
                else { continue }
                cuts.append(ReachabilityMatrix.Cut(from: here.datacenter, to: entry.datacenter))
            }
        }
        let silent = known.filter { name in !rows.contains { $0.datacenter == name } }
        return ReachabilityMatrix(own: configuration.datacenter, rows: rows, silent: silent, cuts: cuts)
    }

    /// Whether one datacenter reaches another by its own word, and in what round trip.
    /// - Returns: nil when its row is not known or too old.
    package func reaches(
        from: String, to: String, at now: Instant
    ) -> (reaches: Bool, roundTrip: Duration?)? {
        guard let entry = matrixRow(from, at: now)?[to] else { return nil }
        return (entry.reaches, entry.roundTrip)
    }

    /// The same of one server, by its node name.
    package func reaches(
        server: String, of datacenter: String, to: String, at now: Instant
    ) -> (reaches: Bool, roundTrip: Duration?)? {
        let rows = book.held(of: datacenter, within: configuration.rowLifetime, at: now)
        guard let entry = rows.first(where: { $0.row.server == server })?.row[to] else { return nil }
        return (entry.reaches, entry.roundTrip)
    }

    /// Of pings to a datacenter; nil when it is not known.
    package func statistics(of datacenter: String) -> PingStatistics? { datacenters[datacenter]?.statistics }

    // MARK: Reports

    /// Nil for the own datacenter and an unknown one.
    package func report(of datacenter: String, at now: Instant) -> DatacenterReport? {
        report(datacenter, in: matrix(at: now), at: now)
    }

    func report(_ name: String, in matrix: ReachabilityMatrix, at now: Instant) -> DatacenterReport? {
        guard let state = datacenters[name] else { return nil }
        var report = DatacenterReport(
            datacenter: name, verdict: state.verdict, since: now - state.since, reason: state.reason,
            servers: state.servers.map { $0.report(at: now) })
        report.federation = state.federation
        report.votes = votes(on: name, in: matrix)
        report.hears = names.firstIndex(of: name).map { hears(datacenters.sights[$0], at: now) } ?? false
        report.cuts = matrix.cuts.filter { $0.from == name || $0.to == name }
        report.index = state.changeIndex
        let active = state.servers.filter(\.isActive)
        report.quorumMargin = active.count { !$0.isSilent && $0.lastAnswer != nil } - (active.count / 2 + 1)
        report.signs = signs(state, active, report.votes, at: now)
        return report
    }

    /// Each comes by another way: our pings, our users' requests, gossip of all servers, other datacenters' pings.
    private func signs(
        _ state: DatacenterState, _ active: [ServerEvidence], _ votes: [DatacenterReport.Vote], at now: Instant
    ) -> [String] {
        let reaches = state.verdict.reaches
        var signs: [String] = []
        if active.contains(where: { $0.lastAnswer != nil || $0.missCount > 0 }) { signs.append("pings") }
        // As long as a verdict takes to come: older requests met another state.
        let calls = active.compactMap(\.lastCall).filter { now - $0.at < .seconds(10) }
        if let last = calls.max(by: { $0.at < $1.at }), last.isAnswered == reaches { signs.append("requests") }
        let alive = active.count { $0.server.status == .alive }
        switch state.verdict {
        case .left: if active.isEmpty { signs.append("gossip") }
        case .up, .degraded, .leaderless: if alive * 2 > active.count { signs.append("gossip") }
        case .frozen, .unreachable: if alive * 2 < active.count { signs.append("gossip") }
        }
        let agreeing = votes.filter { $0.verdict == state.verdict || (!reaches && !$0.verdict.reaches) }
        return signs + agreeing.map(\.datacenter)
    }
}

extension ServerEvidence {
    func report(at now: Instant) -> DatacenterReport.Server {
        var report = DatacenterReport.Server(
            name: server.name, endpoint: server.endpoint, gossip: server.status, answers: condemnation == nil,
            roundTrip: lastRoundTrip, lastAnswerAge: lastAnswer.map { now - $0 }, leader: leader, lastError: lastError)
        report.isIsthmus = server.isIsthmus
        report.missCount = missCount
        return report
    }
}
