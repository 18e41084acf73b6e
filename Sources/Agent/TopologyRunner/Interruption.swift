import Glibc
import Synchronization

/// Signals that ask this process to end, noted for whoever looks.
enum Interruption {
    private static let count = Atomic<Int>(0)

    static var isRequested: Bool { count.load(ordering: .relaxed) > 0 }

    /// From here on SIGINT, SIGTERM and SIGHUP are noted instead of ending the process, and a closed output is passed
    /// over, so that everything started is cleaned up.
    static func install() {
        _ = isRequested  // The global exists before a handler may touch it.
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in Interruption.note() }
        sigaction(SIGINT, &action, nil)
        sigaction(SIGTERM, &action, nil)
        sigaction(SIGHUP, &action, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    private static func note() { count.add(1, ordering: .relaxed) }
}
