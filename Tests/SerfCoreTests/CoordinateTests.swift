import Determinism
import FederationModel
import SerfCore
import Testing

@Suite("Vivaldi, serf-gossip.md 5.10")
struct CoordinateTests {
    static func coordinate(_ vec: [Double], error: Double = 1.5, adjustment: Double = 0, height: Double = 1e-5)
        -> SerfCoordinate
    {
        SerfCoordinate(
            vec: vec + [Double](repeating: 0, count: 8 - vec.count), error: error, adjustment: adjustment,
            height: height)
    }

    @Test("distances")
    func distance() throws {
        let one = Self.coordinate([0.003, 0.004], height: 0.001)
        let origin = Self.coordinate([], height: 0.001)
        #expect(CoordinateClient.distance(one, origin) == .milliseconds(7))
        let near = Self.coordinate([], adjustment: -1, height: 0.001)
        // An adjustment that would make it negative does not count.
        #expect(CoordinateClient.distance(one, near) == .milliseconds(7))
        #expect(CoordinateClient.distance(one, SerfCoordinate(vec: [1])) == nil)
        #expect(CoordinateClient.distance(one, Self.coordinate([.nan])) == nil)
    }

    @Test("one step, by hand")
    func step() {
        var client = CoordinateClient(random: SeededRandom(seed: 1))
        let other = Self.coordinate([0.03, 0.04], error: 0.5)
        let moved = client.update(from: "a", at: other, roundTrip: .milliseconds(100))
        #expect(moved)
        // d = 0.05002, w = 0.75, wrong = 0.4998: error = 0.25·0.75·0.4998 + 1.5·(1 − 0.1875).
        let error = 0.25 * 0.75 * (0.1 - 0.05002) / 0.1 + 1.5 * (1 - 0.1875)
        #expect(abs(client.coordinate.error - error) < 1e-9)
        // Pushed away from the other along (−0.6, −0.8) by 0.25·0.75·0.04998, then a little gravity.
        let force = 0.25 * 0.75 * 0.04998
        let vec = client.coordinate.vec ?? []
        #expect(abs(vec[0] + 0.6 * force) < 1e-8 && abs(vec[1] + 0.8 * force) < 1e-8)
        let height = (1e-5 + 1e-5) * force / 0.05 + 1e-5
        #expect(abs(client.coordinate.height - height) < 1e-8)
        let raw = 0.05 + force + height + 1e-5
        #expect(abs(client.coordinate.adjustment - (0.1 - raw) / 40) < 1e-7)
    }

    @Test("nonsense is refused")
    func refused() {
        var client = CoordinateClient(random: SeededRandom(seed: 1))
        let before = client
        let verdicts = [
            client.update(from: "a", at: Self.coordinate([.infinity]), roundTrip: .seconds(1)),
            client.update(from: "a", at: SerfCoordinate(vec: nil), roundTrip: .seconds(1)),
            client.update(from: "a", at: Self.coordinate([1]), roundTrip: .seconds(11)),
            client.update(from: "a", at: Self.coordinate([1]), roundTrip: .seconds(-1)),
        ]
        #expect(verdicts == [false, false, false, false])
        #expect(client == before)
    }

    @Test("huge coordinates bring the client home, not down")
    func huge() {
        var client = CoordinateClient(random: SeededRandom(seed: 1))
        for height in [1e300, -1e300, -1.0, .greatestFiniteMagnitude, -.greatestFiniteMagnitude] {
            for adjustment in [0.0, 1e308, -1e308] {
                for error in [1e-300, -1.5, 1e300] {
                    let other = Self.coordinate(
                        [1e300, -1e300], error: error, adjustment: adjustment, height: height)
                    for _ in 0..<5 { _ = client.update(from: "a", at: other, roundTrip: .zero) }
                    _ = CoordinateClient.distance(client.coordinate, other)
                }
            }
        }
        #expect(CoordinateClient.isValid(client.coordinate))
    }

    @Test("a square of nodes is found again", arguments: [1, 2, 3] as [UInt64])
    func converges(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let places = [(0.0, 0.0), (0.05, 0.0), (0.0, 0.05), (0.05, 0.05)]
        var clients = places.map { _ in CoordinateClient(random: random.split()) }
        func truth(_ one: Int, _ other: Int) -> Double {
            let (x, y) = (places[one].0 - places[other].0, places[one].1 - places[other].1)
            return 0.001 + (x * x + y * y).squareRoot()
        }
        for _ in 0..<2000 {
            let one = Int.random(in: 0..<4, using: &random)
            let other = (one + Int.random(in: 1..<4, using: &random)) % 4
            let moved = clients[one].update(
                from: "n\(other)", at: clients[other].coordinate, roundTrip: Duration(inSeconds: truth(one, other)))
            #expect(moved)
        }
        var wrongness = 0.0
        for one in 0..<4 {
            for other in 0..<4 where other != one {
                let estimate = try #require(
                    CoordinateClient.distance(clients[one].coordinate, clients[other].coordinate))
                wrongness += abs(estimate.inSeconds - truth(one, other)) / truth(one, other)
            }
        }
        #expect(wrongness / 12 < 0.25)
    }
}
