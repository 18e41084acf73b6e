import Determinism
import ServerCore
import Synchronization

/// One agent's process; without a core it does not run. Touched by whoever takes its turn: the world, or a helper to
/// which the turn was offered.
final class AgentProcess: @unchecked Sendable {
    /// One at a time by construction: the check for it would be asked in every turn.
    @exclusivity(unchecked) var core: ServerCore?

    init(_ core: ServerCore?) { self.core = core }

    /// One turn of a shell's loop.
    /// - Parameter earlier: inputs that came before it.
    /// - Returns: when the next is due.
    func turn(
        _ input: Input?, after earlier: [Input] = [], at now: Instant, into effects: inout [Effect]
    ) -> Instant {
        for input in earlier { core?.handle(input, at: now, into: &effects) }
        if let input { core?.handle(input, at: now, into: &effects) }
        core?.advance(to: now, into: &effects)
        return core?.nextDeadline ?? .distantFuture
    }
}

/// Turns of agents that helpers take before the world's clock is there, on processors that would be idle.
///
/// What an agent does in a turn follows from its state, its input and its clock alone, and it reaches another
/// datacenter no sooner than the shortest way there allows: the lookahead of a conservative simulation (Chandy and
/// Misra 1979). The first event of a datacenter within that time is therefore handed to its agent while those of
/// others, which come before it, are still under way. The effects wait in the turn until the world comes to its event,
/// and are performed in the order of the events: a run is the same with helpers and without, byte for byte.
///
/// A world offers at most one turn per datacenter. The world itself takes what nobody has begun when it gets there.
package final class TurnsAhead: Sendable {
    /// The turn of one datacenter. `@unchecked Sendable`: all but `state` belongs to the world, and between `taken` and
    /// `done` to who has taken it.
    final class Turn: @unchecked Sendable {
        enum State: Int {
            case none, offered, taken, done
        }

        private let state = Atomic<Int>(State.none.rawValue)
        fileprivate var process: AgentProcess?
        fileprivate var input: Input?
        fileprivate var now = Instant.zero
        var effects: [Effect] = []
        fileprivate(set) var deadline = Instant.zero

        fileprivate func offer() { state.store(State.offered.rawValue, ordering: .releasing) }

        fileprivate func take() -> Bool {
            guard state.load(ordering: .relaxed) == State.offered.rawValue else { return false }
            return state.compareExchange(
                expected: State.offered.rawValue, desired: State.taken.rawValue, ordering: .acquiring
            ).exchanged
        }

        fileprivate func run() {
            guard let process else { preconditionFailure("a turn of nobody") }
            deadline = process.turn(input, at: now, into: &effects)
            state.store(State.done.rawValue, ordering: .releasing)
        }

        fileprivate var isDone: Bool { state.load(ordering: .acquiring) == State.done.rawValue }

        fileprivate func clear() {
            process = nil
            input = nil
            state.store(State.none.rawValue, ordering: .relaxed)
        }
    }

    /// After so many looks in vain the world lets others have the processor: the helper it waits for may need it.
    private static let patience = 1000

    let turns: [Turn]
    private let offerCount = Atomic<Int>(0)
    private let isOver = Atomic<Bool>(false)
    private let yield: @Sendable () -> Void

    /// - Parameter yield: lets other threads have the processor.
    package init(datacenterCount: Int, yield: @escaping @Sendable () -> Void) {
        turns = (0..<datacenterCount).map { _ in Turn() }
        self.yield = yield
    }

    // MARK: Helpers

    /// What a helper's thread does, until `end`.
    /// - Parameter pause: is given how often in a row nothing was to be done.
    package func help(_ pause: (Int) -> Void) {
        var idleCount = 0
        while !isOver.load(ordering: .relaxed) {
            idleCount = takeOne() ? 0 : idleCount + 1
            if idleCount > 0 { pause(idleCount) }
        }
    }

    package func end() { isOver.store(true, ordering: .relaxed) }

    /// One turn that is offered, from the other end than the world: what each has in its processor's caches stays.
    /// - Returns: false when there was none.
    package func takeOne() -> Bool { takeOne(of: turns.reversed()) }

    private func takeOne(of turns: some Sequence<Turn>) -> Bool {
        guard offerCount.load(ordering: .relaxed) > 0 else { return false }
        for turn in turns where turn.take() {
            offerCount.subtract(1, ordering: .relaxed)
            turn.run()
            return true
        }
        return false
    }

    // MARK: The world

    func offer(_ place: Int, _ process: AgentProcess, _ input: Input?, at now: Instant) {
        let turn = turns[place]
        turn.process = process
        turn.input = input
        turn.now = now
        turn.offer()
        offerCount.add(1, ordering: .relaxed)
    }

    /// - Returns: nil when nobody had begun: the world takes it itself.
    func finished(_ place: Int) -> Turn? {
        let turn = turns[place]
        if turn.take() {
            offerCount.subtract(1, ordering: .relaxed)
            turn.clear()
            return nil
        }
        var count = 0
        while !turn.isDone {
            // Others are waited for less.
            if takeOne(of: turns) { continue }
            count += 1
            if count % Self.patience == 0 { yield() }
        }
        turn.clear()
        return turn
    }
}
