package import Logging
import Synchronization

/// Who reads the log beside standard output: callers that stream it. Lines below the agent's own level are made only
/// while one of them wants them.
package final class LogReaders: Sendable {
    package typealias Sink = @Sendable ([UInt8]) -> Void

    /// Each costs the writing of every line once more.
    package static let maxCount = 64
    package static let shared = LogReaders()

    struct Reader: Sendable {
        let level: Logger.Level
        let isJSON: Bool
        let sink: Sink
    }

    private struct State {
        var readers: [Int: Reader] = [:]
        var nextID = 0
    }

    private let state = Mutex(State())
    /// Place of the lowest wanted level in `Logger.Level.allCases`; beyond the last one when nobody reads.
    private let lowest = Atomic<Int>(Logger.Level.allCases.count)

    /// - Parameter sink: called on the thread that logs; it hands on and returns.
    /// - Returns: nil when there are too many already.
    package func add(_ level: Logger.Level, isJSON: Bool, sink: @escaping Sink) -> Int? {
        state.withLock { state in
            guard state.readers.count < Self.maxCount else { return nil }
            state.nextID += 1
            state.readers[state.nextID] = Reader(level: level, isJSON: isJSON, sink: sink)
            updateLowest(state.readers)
            return state.nextID
        }
    }

    package func remove(_ id: Int) {
        state.withLock { state in
            state.readers[id] = nil
            updateLowest(state.readers)
        }
    }

    private func updateLowest(_ readers: [Int: Reader]) {
        lowest.store(readers.values.map { Self.place($0.level) }.min() ?? Self.place(nil), ordering: .relaxed)
    }

    private static func place(_ level: Logger.Level?) -> Int {
        level.flatMap { Logger.Level.allCases.firstIndex(of: $0) } ?? Logger.Level.allCases.count
    }

    /// The lower one of a level and what readers want.
    func level(atMost level: Logger.Level) -> Logger.Level {
        let wanted = lowest.load(ordering: .relaxed)
        return wanted < Self.place(level) ? Logger.Level.allCases[wanted] : level
    }

    /// - Parameter text: makes the line in one of both forms.
    func tell(_ level: Logger.Level, _ text: (_ isJSON: Bool) -> String) {
        guard Self.place(level) >= lowest.load(ordering: .relaxed) else { return }
        for reader in state.withLock({ Array($0.readers.values) }) where level >= reader.level {
            reader.sink(Array(text(reader.isJSON).utf8))
        }
    }
}
