import FileStorage
import ServerCore
import StorageFormat
import Synchronization

/// Carries the storage's reports to the control loop, which is made after the storage has been opened.
final class StorageRelay: Sendable {
    private struct State {
        var submit: (@Sendable (Input) -> Void)?
        var isFull = false
        /// Highest sequence written before the loop existed.
        var persisted: UInt64 = 0
    }

    private let state = Mutex(State())
    private let log: @Sendable (String) -> Void

    init(log: @escaping @Sendable (String) -> Void) { self.log = log }

    func connect(_ submit: @escaping @Sendable (Input) -> Void) { state.withLock { $0.submit = submit } }

    var persistedSequence: UInt64 { state.withLock { $0.persisted } }

    /// On the storage's threads.
    func report(_ report: StorageReport) {
        let (submit, wasFull) = state.withLock { state in
            let wasFull = state.isFull
            switch report {
            case .persisted(let sequence):
                state.isFull = false
                state.persisted = max(state.persisted, sequence)
            case .persistFailed(.full): state.isFull = true
            case .persistFailed, .snapshotSaved, .snapshotFailed, .fileFailed: break
            }
            return (state.submit, wasFull)
        }
        switch report {
        case .persisted(let sequence):
            if wasFull { submit?(.diskRecovered) }
            submit?(.persisted(through: sequence))
        case .persistFailed(let failure): submit?(.persistFailed(failure))
        case .snapshotSaved(let metadata): submit?(.snapshotSaved(metadata))
        case .snapshotFailed(_, let failure): submit?(.snapshotFailed("\(failure)"))
        case .fileFailed(let name, let failure): log("\(name) was not written: \(failure)")
        }
    }
}
