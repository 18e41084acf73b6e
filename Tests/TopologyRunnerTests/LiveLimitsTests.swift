import Testing
import TopologyCore
import YAMLReader

@testable import TopologyRunner

struct LiveLimitsTests {
    private func problems(_ more: String) throws -> [String] {
        let text = """
            name: t
            datacenters: {dc1: {servers: 3}, dc2: {servers: 1}}

            """
        return LiveLimits.problems(of: try TopologyReader.read(try YAMLText.read(text + more))).map(\.description)
    }

    @Test("What real processes do is accepted")
    func accepted() throws {
        let found = try problems(
            """
            steps:
              - name: a
                do:
                  - start: all
                  - {load: w, through: dc1}
                  - {rolling-restart: dc1, pause: 2s}
                  - {restart: dc1, disk: empty}
                  - {add-server: dc1-s4, dc: dc1}
                  - {delete: k, at: dc1}
                  - leave: dc1-s2
                  - {force-leave: dc1-s3, at: dc1-s1}
                  - remove-datacenter: dc2
                  - finish: w
                expect:
                  - {leaders: 1, in: dc1}
                  - {seen: dc1-s3, status: left, from: dc1-s1}
            """)
        #expect(found == [])
    }

    @Test("What they cannot is refused, each with its place and reason")
    func refused() throws {
        let found = try problems(
            """
            links: {between: {latency: 20ms}}
            steps:
              - name: a
                do:
                  - partition: [dc1, dc2]
                  - full-disk: dc1
                  - {restart: dc1, disk: unsynced-lost}
                  - {clock-jump: dc1, by: 1s}
                  - {load: w, through: dc1, dc: dc2}
                  - finish: w
                expect:
                  - {error-rate: w, below: 1%}
            """)
        let shaped = "needs shaped links (root) or --simulate"
        #expect(
            found == [
                "3:8: links: \(shaped)", "7:9: partition dc1 | dc2: \(shaped)",
                "8:9: full disk of dc1: needs --simulate",
                "9:9: restart dc1 with its disk unsynced-lost: needs --simulate: the kernel keeps what a killed process"
                    + " wrote", "10:9: clock of dc1 jumps by 1s: needs --simulate",
                "11:9: load w: kv-write 20 a second through dc1: needs --simulate: a live load writes keys of its own"
                    + " in its own datacenter",
                "14:9: w: below 1% errors: needs --simulate",
            ])
    }
}
