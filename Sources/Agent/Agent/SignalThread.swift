import Glibc

/// Signals as calls on a thread of their own: handlers may do anything there.
package final class SignalThread: Sendable {
    /// Blocks the signals everywhere; call before any other thread exists.
    package static func block() {
        var set = signals
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    private static var signals: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&set, number) }
        return set
    }

    /// Runs for the life of the process.
    package static func start(_ handler: @escaping @Sendable (Int32) -> Void) {
        let box = Unmanaged.passRetained(HandlerBox(handler))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                let box = Unmanaged<HandlerBox>.fromOpaque(context).takeRetainedValue()
                var set = SignalThread.signals
                while true {
                    var number: Int32 = 0
                    if sigwait(&set, &number) == 0 { box.handler(number) }
                }
            }, box.toOpaque())
        precondition(status == 0, "no thread for signals: \(status)")
        pthread_detach(thread)
    }

    private final class HandlerBox: Sendable {
        let handler: @Sendable (Int32) -> Void

        init(_ handler: @escaping @Sendable (Int32) -> Void) { self.handler = handler }
    }
}
