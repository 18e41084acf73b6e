import Testing
import TopologyCore
import YAMLReader

@testable import TopologyRunner

struct LiveLimitsTests {
    private static let root = LiveMeans(isRoot: true, hasTUN: true)

    private func problems(_ more: String, _ means: LiveMeans = root) throws -> [String] {
        let text = """
            name: t
            datacenters: {dc1: {servers: 3}, dc2: {servers: 1}}

            """
        let topology = try TopologyReader.read(try YAMLText.read(text + more))
        return LiveLimits.problems(of: topology, means).map(\.description)
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

    private static let shaped = """
        links: {between: {latency: 20ms}}
        steps:
          - name: a
            do:
              - partition: [dc1, dc2]
              - full-disk: dc1
        schedule: [{at: 5s, do: [{heal: true}]}]
        """

    @Test("Links and full disks need root")
    func privileges() throws {
        #expect(try problems(Self.shaped) == [])
        let tun = "needs /dev/net/tun (modprobe tun), or --simulate"
        #expect(
            try problems(Self.shaped, LiveMeans(isRoot: true, hasTUN: false)) == [
                "3:8: links: \(tun)", "7:9: partition dc1 | dc2: \(tun)", "9:26: heal everything: \(tun)",
            ])
        let root = "needs root, for network namespaces and TUN devices, or --simulate"
        #expect(
            try problems(Self.shaped, LiveMeans(isRoot: false, hasTUN: true)) == [
                "3:8: links: \(root)", "7:9: partition dc1 | dc2: \(root)",
                "8:9: full disk of dc1: needs root, to mount a small tmpfs, or --simulate",
                "9:26: heal everything: \(root)",
            ])
    }

    @Test("What no live run can do is refused, each with its place and reason")
    func refused() throws {
        let found = try problems(
            """
            steps:
              - name: a
                do:
                  - {restart: dc1, disk: unsynced-lost}
                  - {clock-jump: dc1, by: 1s}
                  - {slow-disk: dc1, latency: 1s}
            """)
        #expect(found.map { String($0.prefix(4)) } == ["6:9:", "7:9:", "8:9:"])
        #expect(found.allSatisfy { $0.contains("needs --simulate: ") })
    }
}
