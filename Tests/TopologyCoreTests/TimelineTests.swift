import Foundation
import Testing
import YAMLReader

@testable import TopologyCore

/// What a timeline makes of facts. What its page does in a browser is for `Scripts/lib/timeline_page.py`.
struct TimelineTests {
    private func timeline(_ facts: [(Double, TimelineFact)]) throws -> Timeline {
        let text = "name: t\ndatacenters: {dc1: {servers: 2, clients: 1}, dc2: {servers: 1}}\n"
            + "producers: {w: {service: web, at: dc1-c1}}\n"
        var timeline = Timeline(try TopologyReader.read(try YAMLText.read(text)))
        for (time, fact) in facts { timeline.add(fact, at: .seconds(time)) }
        return timeline
    }

    @Test func lanesAreThoseOfTheFileByDatacenter() throws {
        let timeline = try timeline([])
        #expect(timeline.lanes.map(\.name) == ["dc1-s1", "dc1-s2", "dc1-c1", "w", "dc2-s1"])
        #expect(timeline.lanes.map(\.datacenter) == [0, 0, 0, 0, 1])
        #expect(timeline.lanes.map(\.kind) == [.server, .server, .client, .producer, .server])
    }

    @Test func anEndEndsWhatTheProcessDid() throws {
        let timeline = try timeline([
            (0, .process("dc1-s1", .started)), (1, .leads("dc1-s1", term: 2)),
            (1, .follows("dc1-s1", leader: "dc1-s1", term: 2)), (3, .process("dc1-s1", .frozen)),
            (5, .process("dc1-s1", .ended("killed"))), (7, .process("dc1-s1", .started)),
        ])
        #expect(timeline.lives.map(\.end) == [.seconds(5), nil])
        #expect(timeline.lives[0].text == "killed")
        #expect(timeline.freezes.map(\.end) == [.seconds(5)])
        #expect(timeline.roles.map(\.kind) == [.leaderless, .leads, .leaderless])
        #expect(timeline.roles.map(\.end) == [.seconds(1), .seconds(5), nil])
    }

    @Test func followersAreTheirLeadersUntilTheyKnowNone() throws {
        let timeline = try timeline([
            (0, .process("dc1-s2", .started)), (1, .follows("dc1-s2", leader: "dc1-s1", term: 2)),
            (2, .follows("dc1-s2", leader: "dc1-s1", term: 2)), (4, .follows("dc1-s2", leader: nil, term: 3)),
        ])
        #expect(timeline.roles.map(\.kind) == [.leaderless, .follows, .leaderless])
        #expect(timeline.roles[1].leader == 0)
        #expect(timeline.roles[1].end == .seconds(4))
    }

    @Test("A cut lasts until the last of its pairs is mended", arguments: [
        (LinkChange.mendAll, 4.0 as Double?), (.mend(from: ["dc1-s1"], to: ["dc2-s1"]), nil),
        (.mend(from: ["dc1-s1", "dc1-s2"], to: ["dc2-s1"]), 4), (.unclogAll, nil),
    ])
    func cuts(mend: LinkChange, end: Double?) throws {
        let timeline = try timeline([
            (1, .links([.cut(from: ["dc1-s1", "dc1-s2"], to: ["dc2-s1"])], by: "cut dc1 to dc2")),
            (4, .links([mend], by: "heal")),
        ])
        #expect(timeline.links.spans.map(\.text) == ["cut dc1 to dc2"])
        #expect(timeline.links.spans[0].end == end.map { .seconds($0) })
    }

    @Test func manyLossesAreGatheredAndNoneIsForgotten() {
        var losses = TimelineLosses()
        let count = 150_000
        for number in 0..<count {
            losses.add(from: number % 120, to: number * 7 % 120, what: "w", at: .milliseconds(number * 4))
        }
        #expect(losses.count == count)
        #expect(losses.rows.reduce(0) { $0 + $1.count } == count)
        #expect(losses.rows.count <= TimelineLosses.maxCount)
        #expect(losses.grain > .zero)
        #expect(zip(losses.rows, losses.rows.dropFirst()).allSatisfy { $0.time <= $1.time })
    }

    @Test func fewLossesStayAsTheyAre() {
        var losses = TimelineLosses()
        for number in 0..<100 { losses.add(from: 0, to: 1, what: "w", at: .nanoseconds(number)) }
        #expect(losses.rows.count == 100)
        #expect(losses.rows.allSatisfy { $0.count == 1 && $0.to == 1 })
    }

    @Test func whatARunSaysIsNoMarkupOfItsPage() throws {
        let text = "</script><img src=x onerror=alert(1)>"
        let timeline = try timeline([(1, .outcome(isHeld: false, text: text, evidence: "\u{2028}\"\\"))])
        let page = timeline.page(TopologyReport("t", .simulated))
        #expect(!page.contains("<img"))
        #expect(page.components(separatedBy: "</script>").count == 3)
        let start = try #require(page.range(of: "id=\"data\">"))
        let end = try #require(page.range(of: "</script>", range: start.upperBound..<page.endIndex))
        let json = try JSONSerialization.jsonObject(with: Data(page[start.upperBound..<end.lowerBound].utf8))
        let outcomes = try #require((json as? [String: Any])?["outcomes"] as? [[Any]])
        #expect(outcomes[0][2] as? String == text)
    }
}
