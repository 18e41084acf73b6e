import CCurl
package import FederationModel
import Glibc
import Synchronization

/// Runs probes on one thread that owns a libcurl multi handle. Every started probe ends in exactly one call of
/// `onResult`, on that thread, unless it is cancelled or the engine shut down first. Safe to use from any thread.
package final class ProbeEngine: Sendable {
    private let inbox = ProbeInbox()
    private let thread: Mutex<pthread_t?>

    /// - Parameters:
    ///   - certificates: a PEM file of authorities to trust instead of the system's.
    ///   - onResult: called on the engine's thread: hand on and return.
    package convenience init(
        limits: ProbeLimits = ProbeLimits(), certificates: String? = nil,
        onResult: @escaping @Sendable (ProbeID, ProbeResult) -> Void
    ) {
        self.init(limits: limits, certificates: certificates, lookUp: NameResolver.askSystem, onResult: onResult)
    }

    /// With a resolver of the caller's, which may block.
    init(
        limits: ProbeLimits, certificates: String?, lookUp: @escaping @Sendable (String) -> NameResolver.Answer,
        onResult: @escaping @Sendable (ProbeID, ProbeResult) -> Void
    ) {
        CurlLibrary.prepare()
        let inbox = inbox
        thread = Mutex(
            startThread {
                ProbeLoop(
                    limits: limits, certificates: certificates, inbox: inbox, lookUp: lookUp, onResult: onResult
                ).run()
            })
    }

    deinit { shutdown() }

    package func start(_ probe: ProbeID, _ request: ProbeRequest) { inbox.send(.start(probe, request)) }

    /// No result follows, unless it is on its way already.
    package func cancel(_ probe: ProbeID) { inbox.send(.cancel(probe)) }

    /// Ends what is under way and waits for the thread. Not to be called from `onResult`.
    package func shutdown() {
        let running = thread.withLock { $0.take() }
        guard let running else { return }
        inbox.send(.shutdown)
        pthread_join(running, nil)
    }
}

/// Commands for the thread, and the descriptor that wakes it. Its length is bounded by its senders: a scheduler runs
/// each check once at a time and a resolver answers each name once.
final class ProbeInbox: Sendable {
    enum Command: Sendable {
        case start(ProbeID, ProbeRequest)
        case cancel(ProbeID)
        case resolved(name: String, NameResolver.Answer)
        case shutdown
    }

    let wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    private let commands = Mutex<[Command]>([])

    deinit { close(wakeUp) }

    func send(_ command: Command) {
        let wasEmpty = commands.withLock { commands in
            commands.append(command)
            return commands.count == 1
        }
        if wasEmpty { eventfd_write(wakeUp, 1) }
    }

    func take() -> [Command] {
        var count: eventfd_t = 0
        eventfd_read(wakeUp, &count)
        return commands.withLock { commands in
            let taken = commands
            commands = []
            return taken
        }
    }
}

enum CurlLibrary {
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    static func prepare() { precondition(isReady, "libcurl cannot be initialised") }
}

/// A joinable thread with all signals blocked: the process's are handled elsewhere, and a peer that goes away while
/// TLS writes must not end the process by SIGPIPE.
func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Body(body)).toOpaque()
    var everything = sigset_t()
    var before = sigset_t()
    sigfillset(&everything)
    pthread_sigmask(SIG_SETMASK, &everything, &before)
    let status = pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }, context)
    pthread_sigmask(SIG_SETMASK, &before, nil)
    precondition(status == 0, "no thread can be started: \(errorText(status))")
    return thread
}
