/// Cuts and clogs as spans: each lasts until the last of its pairs of agents is mended, by whatever action.
struct TimelineLinks: Sendable {
    /// One direction between two lanes.
    private struct Pair: Hashable, Sendable {
        var from: Int
        var to: Int
    }

    private struct Open: Sendable {
        var place: Int
        var isCut: Bool
        var pairs: Set<Pair>
    }

    private(set) var spans: [Timeline.Span] = []
    private var open: [Open] = []
    private let laneOf: [String: Int]

    init(_ laneOf: [String: Int]) { self.laneOf = laneOf }

    mutating func change(_ changes: [LinkChange], by action: String, at time: Duration) {
        var (cut, clogged): (Set<Pair>, Set<Pair>) = ([], [])
        for change in changes {
            switch change {
            case .cut(let from, let to): cut.formUnion(pairs(from, to))
            case .clog(_, let from, let to): clogged.formUnion(pairs(from, to))
            case .mend(let from, let to): mend(pairs(from, to), isCut: true, at: time)
            case .unclog(let from, let to): mend(pairs(from, to), isCut: false, at: time)
            case .mendAll: mend(nil, isCut: true, at: time)
            case .unclogAll: mend(nil, isCut: false, at: time)
            }
        }
        for (pairs, isCut) in [(cut, true), (clogged, false)] where !pairs.isEmpty {
            open.append(Open(place: spans.count, isCut: isCut, pairs: pairs))
            spans.append(Timeline.Span(begin: time, text: action))
        }
    }

    private func pairs(_ from: [String], _ to: [String]) -> Set<Pair> {
        var pairs: Set<Pair> = []
        for source in from.compactMap({ laneOf[$0] }) {
            for target in to.compactMap({ laneOf[$0] }) where source != target {
                pairs.insert(Pair(from: source, to: target))
            }
        }
        return pairs
    }

    /// - Parameter pairs: nil: all.
    private mutating func mend(_ pairs: Set<Pair>?, isCut: Bool, at time: Duration) {
        for place in open.indices where open[place].isCut == isCut {
            if let pairs { open[place].pairs.subtract(pairs) } else { open[place].pairs = [] }
            if open[place].pairs.isEmpty { spans[open[place].place].end = time }
        }
        open.removeAll { $0.pairs.isEmpty }
    }
}
