import FederationModel
import RaftCore
import ServerCore
import Simulation
import Testing

@Suite("Each checker sees what it is for")
struct CheckerTests {
    @Test("Raft §5.2: two leaders of one term in one datacenter are a violation; the same one again is not")
    func elections() {
        var checker = SafetyChecker()
        checker.check(.becameLeader(Term(3)), node: "a", datacenter: "dc1")
        checker.check(.becameLeader(Term(3)), node: "a", datacenter: "dc1")
        checker.check(.becameLeader(Term(3)), node: "b", datacenter: "dc2")
        checker.check(.becameLeader(Term(4)), node: "b", datacenter: "dc1")
        #expect(checker.violations.isEmpty)
        checker.check(.becameLeader(Term(3)), node: "b", datacenter: "dc1")
        #expect(checker.violations.count == 1)
        #expect(checker.violations.first?.contains("Raft §5.2") == true)
    }

    @Test("Raft §5.4.3: another term or other data applied at one index is a violation", arguments: [(3, 7), (2, 8)])
    func applied(term: UInt64, digest: UInt64) {
        var checker = SafetyChecker()
        let index = LogIndex(5)
        checker.check(.applied(index, Term(2), digestOfData: 7), node: "a", datacenter: "dc1")
        checker.check(.applied(index, Term(2), digestOfData: 7), node: "b", datacenter: "dc1")
        checker.check(.applied(index, Term(9), digestOfData: 9), node: "c", datacenter: "dc2")
        #expect(checker.violations.isEmpty)
        checker.check(.applied(index, Term(term), digestOfData: digest), node: "c", datacenter: "dc1")
        #expect(checker.violations.count == 1)
        #expect(checker.violations.first?.contains("Raft §5.4.3") == true)
    }

    @Test("Design §5: two catalogs at one applied index that differ are a violation")
    func catalogs() {
        var checker = SafetyChecker()
        checker.check(catalog: 1, at: LogIndex(4), node: "a", datacenter: "dc1")
        checker.check(catalog: 1, at: LogIndex(4), node: "b", datacenter: "dc1")
        checker.check(catalog: 2, at: LogIndex(4), node: "c", datacenter: "dc2")
        #expect(checker.violations.isEmpty)
        checker.check(catalog: 2, at: LogIndex(4), node: "c", datacenter: "dc1")
        #expect(checker.violations.count == 1)
    }

    @Test("A read below what was acknowledged before it began is a lost write or a stale read")
    func floors() {
        var checker = RegisterChecker(key: "k")
        let first = checker.sent()
        checker.ended(first, .acknowledged)
        let floor = checker.lastAcknowledged
        let second = checker.sent()
        #expect(checker.violation(read: first, floor: floor) == nil)
        #expect(checker.violation(read: second, floor: floor) == nil, "under way: it may be there already")
        checker.ended(second, .acknowledged)
        #expect(checker.violation(read: first, floor: floor) == nil, "the read began before the second write ended")
        let stale = checker.violation(read: first, floor: checker.lastAcknowledged)
        #expect(stale == "stale or lost: k reads 1 after 2 was acknowledged")
        #expect(checker.violation(read: 0, floor: checker.lastAcknowledged) != nil)
        #expect(checker.violation(read: 9, floor: 0) == "k reads 9, never written")
    }

    @Test("A write of unknown outcome may be read or not; one answered as not done must not be")
    func refusals() {
        var checker = RegisterChecker(key: "k")
        let unknown = checker.sent()
        checker.ended(unknown, .unknown)
        #expect(checker.violation(read: unknown, floor: 0) == nil)
        #expect(checker.violation(read: 0, floor: 0) == nil)
        let refused = checker.sent()
        checker.ended(refused, .refused)
        #expect(checker.violation(read: refused, floor: 0) == "k reads 2, which was answered as not done")
    }

    @Test("Only answers that promise it count as not done")
    func outcomes() {
        let lost = Result<Response, FederationError>.failure(.outcomeUnknown(reason: "no answer"))
        #expect(RegisterChecker.Outcome(.success(.bool(true))) == .acknowledged)
        #expect(RegisterChecker.Outcome(.success(.bool(false))) == .refused)
        #expect(RegisterChecker.Outcome(.failure(.noLeader(datacenter: "dc1"))) == .refused)
        #expect(RegisterChecker.Outcome(.failure(.remote("?"))) == .unknown)
        #expect(RegisterChecker.Outcome(lost) == .unknown)
    }
}
