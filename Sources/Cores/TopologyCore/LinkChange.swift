/// What an action does to the links between agents, by their names.
package enum LinkChange: Equatable, Sendable {
    case cut(from: [String], to: [String])
    case mend(from: [String], to: [String])
    case mendAll
    case clog(Topology.LinkValues, from: [String], to: [String])
    case unclog(from: [String], to: [String])
    case unclogAll
}

extension TopologyAction.Kind {
    /// The selectors an action on links names; nil for every other action.
    package var linkEnds: [TopologySelector]? {
        switch self {
        case .partition(let groups), .ring(let groups): groups
        case .bridge(let who, let groups): [who] + groups
        case .cut(let direction), .clog(let direction, _): [direction.from, direction.to]
        case .heal(let direction), .unclog(let direction): direction.map { [$0.from, $0.to] } ?? []
        case .start, .stop, .kill, .restart, .rollingRestart, .freeze, .resume, .leave, .forceLeave,
            .forget, .addServer,
            .removeDatacenter, .register, .put, .delete, .load, .finish, .wait, .measure, .report, .slowDisk,
            .fullDisk, .mendDisk, .clockSkew, .clockJump:
            nil
        }
    }

    /// In the order in which they are done; none for an action that is not about links.
    /// - Parameter names: whom a selector means.
    package func linkChanges<Failure: Error>(
        _ names: (TopologySelector) throws(Failure) -> [String]
    ) throws(Failure) -> [LinkChange] {
        switch self {
        case .partition(let groups): return Self.apart(try Self.all(groups, names))
        case .bridge(let who, let groups):
            let bridge = Set(try names(who))
            return Self.apart(try Self.all(groups, names).map { $0.filter { !bridge.contains($0) } })
        case .ring(let ends):
            let groups = try Self.all(ends, names)
            var changes: [LinkChange] = []
            for (place, group) in groups.enumerated() {
                for (other, members) in groups.enumerated() where other != place {
                    let distance = abs(place - other)
                    if distance > 1 && distance < groups.count - 1 { changes.append(.cut(from: group, to: members)) }
                }
            }
            return changes
        case .cut(let direction): return try Self.both(direction, names) { .cut(from: $0, to: $1) }
        case .heal(let direction):
            guard let direction else { return [.mendAll] }
            return try Self.both(direction, names) { .mend(from: $0, to: $1) }
        case .clog(let direction, let values):
            return try Self.both(direction, names) { .clog(values, from: $0, to: $1) }
        case .unclog(let direction):
            guard let direction else { return [.unclogAll] }
            return try Self.both(direction, names) { .unclog(from: $0, to: $1) }
        default: return []
        }
    }

    private static func all<Failure: Error>(
        _ selectors: [TopologySelector], _ names: (TopologySelector) throws(Failure) -> [String]
    ) throws(Failure) -> [[String]] {
        var groups: [[String]] = []
        for selector in selectors { groups.append(try names(selector)) }
        return groups
    }

    private static func apart(_ groups: [[String]]) -> [LinkChange] {
        var changes: [LinkChange] = []
        for (place, group) in groups.enumerated() {
            for (other, members) in groups.enumerated() where other != place {
                changes.append(.cut(from: group, to: members))
            }
        }
        return changes
    }

    private static func both<Failure: Error>(
        _ direction: TopologyAction.Direction, _ names: (TopologySelector) throws(Failure) -> [String],
        _ change: ([String], [String]) -> LinkChange
    ) throws(Failure) -> [LinkChange] {
        let (from, to) = (try names(direction.from), try names(direction.to))
        return direction.isBothWays ? [change(from, to), change(to, from)] : [change(from, to)]
    }
}
