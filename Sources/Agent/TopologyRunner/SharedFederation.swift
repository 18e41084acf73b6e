import Synchronization

/// The federation as the run's own thread has last seen it, for those who watch beside it.
final class SharedFederation: Sendable {
    private let state: Mutex<LiveFederation>

    init(_ federation: LiveFederation) { state = Mutex(federation) }

    var value: LiveFederation { state.withLock { $0 } }

    func set(_ federation: LiveFederation) { state.withLock { $0 = federation } }
}
