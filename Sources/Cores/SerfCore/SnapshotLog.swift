import Determinism
package import FederationModel

/// What a Serf snapshot file says: who was alive, and the three clocks (`wire/serf-gossip.md` 5.12).
package struct SnapshotReplay: Equatable, Sendable {
    package var alive: [String: Endpoint] = [:]
    package var clock: UInt64 = 0
    package var eventClock: UInt64 = 0
    package var queryClock: UInt64 = 0

    package init() {}

    /// Reads liberally: an unknown or torn line is skipped, so that a damaged file costs at most a rejoin.
    package init(_ bytes: [UInt8], rejoinsAfterLeave: Bool) {
        for line in bytes.split(separator: 10, omittingEmptySubsequences: true) {
            let text = String(decoding: line, as: UTF8.self)
            if let rest = text.dropping("alive: ") {
                guard let space = rest.lastIndex(of: " "),
                    let endpoint = Endpoint(String(rest[rest.index(after: space)...]))
                else { continue }
                alive[String(rest[..<space])] = endpoint
            } else if let name = text.dropping("not-alive: ") {
                alive[name] = nil
            } else if let number = text.dropping("clock: ").flatMap({ UInt64($0) }) {
                clock = number
            } else if let number = text.dropping("event-clock: ").flatMap({ UInt64($0) }) {
                eventClock = number
            } else if let number = text.dropping("query-clock: ").flatMap({ UInt64($0) }) {
                queryClock = number
            } else if text == "leave", !rejoinsAfterLeave {
                self = SnapshotReplay()
            }
        }
    }
}

extension String {
    fileprivate func dropping(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}

/// Collects the lines of a snapshot file and says when to write them.
struct SnapshotLog: Sendable {
    enum Work: Equatable {
        case append([UInt8])
        case replace([UInt8])
    }

    private static let flushInterval: Duration = .milliseconds(500)
    private static let minCompactionBytes = 128 << 10
    private static let compactionBytesPerMember = 256

    private var state: SnapshotReplay
    private var pending: [UInt8] = []
    private var fileBytes: Int
    private var hasLeft = false
    private let rejoinsAfterLeave: Bool
    private(set) var flushDue = Instant.distantFuture

    init(replayed state: SnapshotReplay, fileBytes: Int, rejoinsAfterLeave: Bool) {
        self.state = state
        self.fileBytes = fileBytes
        self.rejoinsAfterLeave = rejoinsAfterLeave
    }

    private mutating func write(_ line: String, at now: Instant) {
        pending += Array(line.utf8) + [10]
        if flushDue == .distantFuture { flushDue = now + Self.flushInterval }
    }

    mutating func alive(_ name: String, _ endpoint: Endpoint, at now: Instant) {
        guard !hasLeft, !name.contains("\n"), state.alive.updateValue(endpoint, forKey: name) != endpoint else {
            return
        }
        write("alive: \(name) \(endpoint)", at: now)
    }

    mutating func notAlive(_ name: String, at now: Instant) {
        guard !hasLeft, state.alive.removeValue(forKey: name) != nil else { return }
        write("not-alive: \(name)", at: now)
    }

    mutating func clocks(_ clock: UInt64, event: UInt64, query: UInt64, at now: Instant) {
        guard !hasLeft else { return }
        if clock != state.clock {
            state.clock = clock
            write("clock: \(clock)", at: now)
        }
        if event != state.eventClock {
            state.eventClock = event
            write("event-clock: \(event)", at: now)
        }
        if query != state.queryClock {
            state.queryClock = query
            write("query-clock: \(query)", at: now)
        }
    }

    mutating func leave(at now: Instant) {
        guard !hasLeft else { return }
        hasLeft = true
        if !rejoinsAfterLeave { state = SnapshotReplay() }
        write("leave", at: now)
        flushDue = now
    }

    mutating func flush(at now: Instant) -> Work? {
        guard flushDue <= now else { return nil }
        flushDue = .distantFuture
        guard !pending.isEmpty else { return nil }
        defer { pending = [] }
        let limit = max(Self.minCompactionBytes, Self.compactionBytesPerMember * state.alive.count)
        guard fileBytes + pending.count > limit, !hasLeft else {
            fileBytes += pending.count
            return .append(pending)
        }
        var text = ""
        for (name, endpoint) in state.alive.sorted(by: { $0.key < $1.key }) { text += "alive: \(name) \(endpoint)\n" }
        text += "clock: \(state.clock)\nevent-clock: \(state.eventClock)\nquery-clock: \(state.queryClock)\n"
        let bytes = Array(text.utf8)
        fileBytes = bytes.count
        return .replace(bytes)
    }
}
