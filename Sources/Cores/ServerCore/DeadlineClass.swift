import Determinism
import FederationModel

/// What a request may take when its caller sets no limit of its own, by its nature. A blocking query may wait besides.
/// The rest of it goes along on every hop.
enum DeadlineClass: CaseIterable, Sendable {
    /// Reads in every mode, writes, sessions, queries: as long as Consul's clients wait at least.
    case usual
    /// Asks every node of a pool and gathers their answers.
    case keyring
    /// A whole catalog on the way: 32 MiB over a line of 5 Mbit/s.
    case snapshot

    init(_ request: Request) {
        switch request {
        case .internalKeyringOperation: self = .keyring
        case .isthmusSnapshotSave, .isthmusSnapshotRestore: self = .snapshot
        default: self = .usual
        }
    }

    func limit(_ configuration: ServerConfiguration) -> Duration {
        switch self {
        case .usual: configuration.requestTimeout
        case .keyring: max(configuration.requestTimeout, KeyringBook.timeout)
        case .snapshot: max(configuration.requestTimeout, .seconds(60))
        }
    }
}
