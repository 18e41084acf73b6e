import Glibc
import Synchronization

/// SIGINT and SIGTERM of this process, noted for whoever looks.
enum Interruption {
    private static let count = Atomic<Int>(0)

    static var isRequested: Bool { count.load(ordering: .relaxed) > 0 }

    /// From here on both signals are noted instead of ending the process, so that everything started is cleaned up.
    static func install() {
        _ = isRequested  // The global exists before a handler may touch it.
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in Interruption.note() }
        sigaction(SIGINT, &action, nil)
        sigaction(SIGTERM, &action, nil)
    }

    private static func note() { count.add(1, ordering: .relaxed) }
}
