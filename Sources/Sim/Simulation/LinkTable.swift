/// Connections by number. Their places are used again; a number is not, so that a segment of an old connection never
/// reaches a new one.
struct LinkTable: Sendable {
    private struct Place: Sendable {
        var generation = 0
        var link: World.Link?
    }

    private static let generationStep = 1 << 32
    private var places: [Place] = []
    private var free: [Int] = []

    mutating func add(_ link: World.Link) -> Int {
        let place: Int
        if let last = free.popLast() {
            place = last
        } else {
            place = places.count
            places.append(Place())
        }
        places[place].link = link
        return number(place)
    }

    private func number(_ place: Int) -> Int { place + places[place].generation * Self.generationStep }

    private func place(_ number: Int) -> Int? {
        let (generation, place) = number.quotientAndRemainder(dividingBy: Self.generationStep)
        return places[place].generation == generation ? place : nil
    }

    /// Nil for a connection that is over.
    subscript(number: Int) -> World.Link? { place(number).flatMap { places[$0].link } }

    /// Changes the connection where it stands, unless it is over.
    mutating func change(_ number: Int, _ body: (inout World.Link) -> Void) {
        guard let place = place(number), places[place].link != nil else { return }
        body(&places[place].link!)
    }

    mutating func remove(_ number: Int) {
        guard let place = place(number), places[place].link != nil else { return }
        places[place].link = nil
        places[place].generation += 1
        free.append(place)
    }

    /// Numbers of all connections, in an order that follows from what was added and removed.
    var numbers: [Int] { places.indices.filter { places[$0].link != nil }.map { number($0) } }
}
