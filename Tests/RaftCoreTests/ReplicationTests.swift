import Determinism
import FederationModel
import RaftCore
import Testing

struct ReplicationTests {
    /// Terms after the first two entries (identity and peer set, both of term 1): figure 7 of the paper with the
    /// index moved by two.
    struct Figure7: Sendable, CustomTestStringConvertible {
        let name: String
        let terms: [UInt64]
        var testDescription: String { name }
    }

    static let leaderTerms: [UInt64] = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]

    @Test(
        "Raft figure 7: the leader brings any follower's log to its own",
        arguments: [
            Figure7(name: "a: one entry short", terms: [1, 1, 1, 4, 4, 5, 5, 6, 6]),
            Figure7(name: "b: far behind", terms: [1, 1, 1, 4]),
            Figure7(name: "c: one entry more", terms: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]),
            Figure7(name: "d: two entries of a later term", terms: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]),
            Figure7(name: "e: entries of an old term", terms: [1, 1, 1, 4, 4, 4, 4]),
            Figure7(name: "f: entries of old terms never committed", terms: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]),
        ])
    func figure7(follower: Figure7) throws {
        var cluster = Cluster(seed: 1, count: 3)
        let terms = [Self.leaderTerms, follower.terms, Self.leaderTerms]
        for number in 1...3 {
            cluster.crash(number)
            cluster[number].disk.durable = SingleNode.recovery(terms: terms[number - 1], term: 7)
        }
        // Server 2 is down until 1 or 3 leads.
        cluster.restart(1)
        cluster.restart(3)
        let leader = try cluster.electLeader()
        cluster.isRecording = true
        cluster.restart(2)
        let isEqual = cluster.converge()
        #expect(isEqual)
        #expect(cluster[2].node.lastIndex == cluster[leader].node.lastIndex)
        for index in 1...cluster[leader].node.lastIndex.value {
            let entries = [2, leader].map { cluster[$0].node.log.entry(at: LogIndex(index)) }
            #expect(entries[0] == entries[1])
        }
        let rejections = cluster.sent.count {
            if case .appendAnswer(let answer) = $0.body, case .rejected = answer.result { true } else { false }
        }
        // At most one per term of the follower's (Raft §5.3).
        #expect(rejections <= Set(follower.terms).count)
    }

    @Test("Raft §5.3: the same term at the same index means the same log; a gap or a conflict is refused with a hint")
    func logMatching() {
        var single = SingleNode(2, recovered: SingleNode.recovery(terms: [1, 2, 2, 2]))
        single.advance(by: .milliseconds(100))
        func append(after index: UInt64, _ term: UInt64, _ entries: [LogEntry]) -> RaftMessage.Body {
            .append(
                AppendEntries(
                    previousIndex: LogIndex(index), previousTerm: Term(term), commitIndex: .zero, round: 1,
                    entries: entries))
        }
        func answer(_ result: AppendAnswer.Result) -> [RaftMessage.Body] {
            [.appendAnswer(AppendAnswer(round: 1, result: result))]
        }
        // A gap: the hint is the end.
        single.receive(append(after: 9, 3, []), from: 1, term: 4)
        #expect(
            single.takeSent().map(\.body)
                == answer(.rejected(previous: LogIndex(9), hintIndex: LogIndex(6), hintTerm: Term(2))))
        // A conflict: the hint skips the whole term.
        single.receive(append(after: 6, 1, []), from: 1, term: 4)
        #expect(
            single.takeSent().map(\.body)
                == answer(.rejected(previous: LogIndex(6), hintIndex: LogIndex(3), hintTerm: Term(1))))
        // What is there stays, what conflicts goes.
        single.receive(
            append(after: 3, 1, [SingleNode.command(2, 4), SingleNode.command(3, 5)]), from: 1, term: 4)
        #expect(single.takeSent().map(\.body) == answer(.accepted(through: LogIndex(5))))
        #expect(single.batches.last?.truncateFrom == LogIndex(5))
        #expect(single.batches.last?.entries == [SingleNode.command(3, 5)])
        #expect(single.node.lastIndex == LogIndex(5))
        // An old message changes nothing (figure 2: only a conflict cuts).
        single.receive(append(after: 3, 1, [SingleNode.command(2, 4)]), from: 1, term: 4)
        #expect(single.takeSent().map(\.body) == answer(.accepted(through: LogIndex(4))))
        #expect(single.node.lastIndex == LogIndex(5))
    }

    @Test("Raft figure 8: an entry of an old term is not committed by counting")
    func figure8() {
        var single = SingleNode(1, recovered: SingleNode.recovery(terms: [2], term: 3))
        single.win(with: [2])
        #expect(single.node.role == .leader)
        #expect(single.node.term == Term(4))
        // The entry of term 2 is on a quorum's disks: not enough.
        single.accept(through: 3, from: 2)
        #expect(single.node.commitIndex == .zero)
        // An entry of the own term is: with it, everything before.
        single.accept(through: 4, from: 2)
        #expect(single.node.commitIndex == LogIndex(4))
        #expect(single.applied.map(\.index.value) == [1, 2, 3, 4])
    }

    @Test("Raft figure 2: a follower answers when the entries are on disk, and a cut takes back what was on its way")
    func answersAfterPersist() {
        var single = SingleNode(2, recovered: SingleNode.recovery(terms: [1]))
        single.isDiskInstant = false
        func append(_ index: UInt64, previousTerm: UInt64) -> RaftMessage.Body {
            .append(
                AppendEntries(
                    previousIndex: LogIndex(index - 1), previousTerm: Term(previousTerm), commitIndex: LogIndex(3),
                    round: 1, entries: [SingleNode.command(2, index)]))
        }
        single.receive(append(4, previousTerm: 1), from: 1, term: 2)
        single.receive(append(5, previousTerm: 2), from: 1, term: 2)
        #expect(single.takeSent().isEmpty)
        #expect(single.held.map(\.sequence) == [1, 2])
        single.node.persisted(through: 1, at: single.now)
        #expect(single.node.takeReady() == nil)
        // Cut by a later leader while the second write is on its way: its end no longer counts.
        single.receive(
            .append(
                AppendEntries(
                    previousIndex: LogIndex(4), previousTerm: Term(2), commitIndex: LogIndex(3), round: 1,
                    entries: [SingleNode.command(3, 5)])), from: 3, term: 3)
        single.node.persisted(through: 2, at: single.now)
        let request = AppendEntries(
            previousIndex: LogIndex(5), previousTerm: Term(3), commitIndex: LogIndex(3), round: 2, entries: [])
        single.held = []
        single.receive(.append(request), from: 3, term: 3)
        #expect(single.takeSent().isEmpty)
        #expect(single.held.count == 1)
        single.persist()
        #expect(single.takeSent().count == 1)
    }

    @Test("Thesis §10.2.1: the leader sends before its own disk is done, and its own vote counts only then")
    func parallelDisk() throws {
        var single = SingleNode(1, recovered: SingleNode.recovery(terms: [1]))
        single.win(with: [2])
        single.accept(through: 4, from: 2)
        single.isDiskInstant = false
        _ = single.takeSent()
        let index = try single.node.propose([[1], [2], [3]], at: single.now)
        #expect(index == LogIndex(5))
        single.settle()
        // One message carries the three.
        let appends = single.takeSent().filter { if case .append = $0.body { $0.to == Cluster.id(2) } else { false } }
        #expect(appends.count == 1)
        single.accept(through: 7, from: 2)
        #expect(single.node.commitIndex == LogIndex(4))
        single.persist()
        #expect(single.node.commitIndex == LogIndex(7))
    }

    @Test("Thesis §10.2.2: pipelining stops at the window, and an answer opens it again")
    func flowControl() throws {
        var single = SingleNode(1, recovered: SingleNode.recovery(terms: [1]))
        single.win(with: [2])
        single.accept(through: 4, from: 2)
        _ = single.takeSent()
        let window = single.node.configuration.maxInflightBytes
        for _ in 0..<40 {
            _ = try single.node.propose([[UInt8](repeating: 7, count: 256 << 10)], at: single.now)
            single.settle()
        }
        func appended(_ messages: [RaftMessage]) -> [LogEntry] {
            messages.flatMap { message -> [LogEntry] in
                if case .append(let append) = message.body, message.to == Cluster.id(2) { append.entries } else { [] }
            }
        }
        let first = appended(single.takeSent())
        #expect(first.count == window / (256 << 10))
        single.accept(through: 8, from: 2)
        #expect(appended(single.takeSent()).map(\.index.value) == [21, 22, 23, 24])
    }

    @Test("Few entries wait for the answer to those before them where it comes soon, and leave as one message")
    func gathering() throws {
        var single = SingleNode(1, recovered: SingleNode.recovery(terms: [1]))
        single.win(with: [2, 3])
        single.accept(through: 4, from: 2)
        single.accept(through: 4, from: 3)
        func propose(_ count: Int = 1) throws {
            _ = try single.node.propose([[UInt8]](repeating: [1], count: count), at: single.now)
            single.settle()
        }
        /// What left for each follower and for the disk, by index: one list a message or a write.
        func left() -> [[[UInt64]]] {
            let sent = single.takeSent()
            defer { single.batches = [] }
            let appends = [2, 3].map { number in
                sent.compactMap { message -> [UInt64]? in
                    guard case .append(let append) = message.body, message.to == Cluster.id(number) else { return nil }
                    return append.entries.map(\.index.value)
                }
            }
            return appends + [single.batches.map { $0.entries.map(\.index.value) }]
        }
        _ = left()
        // Not before it is known how soon an answer comes.
        try propose()
        try propose()
        #expect(left() == [[[5], [6]], [[5], [6]], [[5], [6]]])
        single.now = single.now + .microseconds(300)
        single.accept(through: 6, from: 2)
        single.now = single.now + .milliseconds(4)
        single.accept(through: 6, from: 3)
        _ = left()
        // Server 2 answers soon, server 3 does not: it is sent each at once. The leader's own disk is never later than
        // the first of them.
        try propose()
        try propose()
        #expect(left() == [[[7]], [[7], [8]], [[7], [8]]])
        single.accept(through: 7, from: 2)
        #expect(left() == [[[8]], [], []])
        single.accept(through: 8, from: 2)
        single.accept(through: 8, from: 3)
        _ = left()
        // Both soon.
        try propose()
        try propose()
        try propose()
        #expect(left() == [[[9]], [[9]], [[9]]])
        single.accept(through: 9, from: 3)
        #expect(single.node.commitIndex == LogIndex(9))
        #expect(left() == [[], [[10, 11]], [[10, 11]]])
        // Many do not wait.
        try propose(single.node.configuration.gatheringCount)
        #expect(left()[0].flatMap { $0 }.count == 2 + single.node.configuration.gatheringCount)
        single.accept(through: 11 + UInt64(single.node.configuration.gatheringCount), from: 3)
        _ = left()
        // Who leads no longer writes down at once what gathered: the next leader may have it from nobody else.
        try propose()
        try propose()
        _ = left()
        single.receive(.heartbeat(Heartbeat(round: 1, commitIndex: .zero, lastSent: .zero)), from: 2, term: 9)
        #expect(single.batches.flatMap { $0.entries.map(\.index.value) }.last == single.node.lastIndex.value)
    }

    @Test("Proposals beyond what may wait for a quorum are refused")
    func overload() throws {
        var single = SingleNode(1, recovered: SingleNode.recovery(terms: [1]))
        single.win(with: [2])
        single.accept(through: 4, from: 2)
        let piece = [UInt8](repeating: 7, count: 8 << 20)
        for _ in 0..<8 {
            _ = try single.node.propose([piece], at: single.now)
            single.settle()
        }
        #expect(throws: ProposeError.overloaded) { try single.node.propose([[1]], at: single.now) }
        single.accept(through: 5, from: 2)
        _ = try single.node.propose([[1]], at: single.now)
    }

    @Test("What no correct leader sends is refused, named, and never traps")
    func refusals() {
        var single = SingleNode(2, recovered: SingleNode.recovery(terms: [1, 1]))
        func append(_ previous: UInt64, _ entries: [LogEntry], commit: UInt64 = 0) -> RaftMessage.Body {
            .append(
                AppendEntries(
                    previousIndex: LogIndex(previous), previousTerm: Term(1), commitIndex: LogIndex(commit), round: 1,
                    entries: entries))
        }
        single.receive(append(4, [], commit: 4), from: 1, term: 2)
        #expect(single.node.commitIndex == LogIndex(4))
        single.receive(append(4, [SingleNode.command(2, 9)]), from: 1, term: 2)
        for kind in [LogEntry.Kind.membership, .identity] {
            let entry = LogEntry(term: Term(2), index: LogIndex(5), kind: kind, data: [1])
            single.receive(append(4, [entry]), from: 1, term: 2)
        }
        single.receive(append(4, []), from: 3, term: 2)
        #expect(
            single.observations.filter { if case .refused = $0 { true } else { false } } == [
                .refused(from: Cluster.id(1), .entriesNotContiguous),
                .refused(from: Cluster.id(1), .unreadableMembership),
                .refused(from: Cluster.id(1), .foreignIdentity), .refused(from: Cluster.id(3), .secondLeader),
            ])
        #expect(single.node.lastIndex == LogIndex(4))
    }

    @Test("A follower whose answers or entries are lost catches up", arguments: UInt64(0)..<10)
    func lossyLink(seed: UInt64) throws {
        var cluster = Cluster(seed: seed, count: 3)
        cluster.bootstrap(1...3)
        _ = try cluster.electLeader()
        cluster.loss = 0.3
        cluster.run(for: .seconds(2))
        for number in 0..<50 {
            if let leader = cluster.leader { _ = try? cluster.propose("\(number)", at: leader) }
            cluster.run(for: .milliseconds(20))
        }
        cluster.loss = 0
        let isEqual = cluster.converge()
        #expect(isEqual, "\(cluster.summary)")
    }
}
