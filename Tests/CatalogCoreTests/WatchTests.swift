import CatalogCore
import FederationModel
import Testing

@Suite struct WatchTests {
    private static let watches: [WatchKey] = [
        .key("a/1"), .key("a/2"), .key("b"), .prefix(""), .prefix("a"), .prefix("a/"), .prefix("a/1"), .prefix("b"),
        .nodes, .services, .node("n"), .nodeChecks("n"), .service("web"), .service("web2"), .serviceChecks("web"),
        .checks(state: nil), .checks(state: "passing"), .checks(state: "critical"), .coordinates, .nodesAndServices,
        .nodesAndChecks, .registrations,
    ]

    @Test(arguments: [
        ([.key("a/1")], [.key("a/1"), .prefix(""), .prefix("a"), .prefix("a/"), .prefix("a/1")]),
        ([.key("a/11")], [.prefix(""), .prefix("a"), .prefix("a/"), .prefix("a/1")]),
        ([.key("c")], [.prefix("")]),
        ([.prefix("a/")], [.key("a/1"), .key("a/2"), .prefix(""), .prefix("a"), .prefix("a/"), .prefix("a/1")]),
        ([.nodes], [.nodes, .nodesAndServices, .nodesAndChecks, .registrations]),
        ([.services, .service("web")], [.services, .service("web"), .nodesAndServices, .registrations]),
        (
            [.checks(state: "passing")],
            [.checks(state: nil), .checks(state: "passing"), .nodesAndChecks, .registrations]
        ),
        ([.node("m"), .nodeChecks("m"), .service("w"), .key("")], [.prefix("")]),
        ([], []),
    ] as [([WatchKey], [WatchKey])])
    func wakesExactlyTheTouched(touched: [WatchKey], woken: [WatchKey]) {
        var table = WatchTable<WatchKey>()
        for key in Self.watches { _ = table.add(key, key) }
        #expect(table.takeTouched(by: touched) == Self.watches.filter { woken.contains($0) })
        #expect(table.count == Self.watches.count - woken.count)
        #expect(table.takeTouched(by: touched) == [])
        #expect(table.takeAll() == Self.watches.filter { !woken.contains($0) })
        #expect(table.isEmpty)
    }

    @Test func waitersComeOutInTheOrderTheyCame() {
        var table = WatchTable<Int>()
        var ids: [WatchTable<Int>.ID] = []
        for number in 0..<100 { ids.append(table.add(number % 2 == 0 ? .key("k") : .prefix("k"), number)) }
        #expect(table.remove(ids[50]) == 50)
        #expect(table.remove(ids[50]) == nil)
        #expect(table.remove(ids[51]) == 51)
        #expect(table.takeTouched(by: [.key("k"), .key("k")]) == (0..<100).filter { $0 != 50 && $0 != 51 })
        #expect(table.remove(ids[0]) == nil)
    }

    @Test func keysThatCannotExistMayBeWatched() {
        var table = WatchTable<Int>()
        let long = ByteString([UInt8](repeating: 65, count: 100_000))
        let id = table.add(.key(long), 1)
        _ = table.add(.prefix(long), 2)
        #expect(table.takeTouched(by: [.key("A")]) == [])
        #expect(table.remove(id) == 1)
        #expect(table.takeAll() == [2])
    }
}
