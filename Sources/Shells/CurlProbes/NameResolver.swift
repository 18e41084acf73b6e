import Determinism
import FederationModel
import Glibc

/// A bounded pool of threads around `getaddrinfo`, which blocks for as long as it likes. Threads start when they are
/// needed. Names known to be slow get at most half of them, so names that never resolve do not hold up the others.
///
/// `@unchecked Sendable`: `state` is touched only between `pthread_mutex_lock` and `unlock` of `mutex`.
final class NameResolver: @unchecked Sendable {
    enum Answer: Sendable {
        /// At most `maxAddresses`, in the order of preference the system gives.
        case addresses([IPAddress], took: Duration)
        case failed(String, took: Duration)
    }

    static let maxAddresses = 8

    private struct State {
        /// Bounded by the probes under way, each name once.
        var quick: [String] = []
        var slow: [String] = []
        var threadCount = 0
        var idleCount = 0
        var slowCount = 0
        var isStopping = false
    }

    private let maxThreads: Int
    private let lookUp: @Sendable (String) -> Answer
    private let answer: @Sendable (String, Answer) -> Void
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var state = State()

    /// - Parameters:
    ///   - lookUp: blocks; `NameResolver.askSystem` but for tests.
    ///   - answer: called on a thread of the pool.
    init(
        maxThreads: Int, lookUp: @escaping @Sendable (String) -> Answer,
        answer: @escaping @Sendable (String, Answer) -> Void
    ) {
        self.maxThreads = max(maxThreads, 2)
        self.lookUp = lookUp
        self.answer = answer
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func resolve(_ name: String, isSlow: Bool) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if isSlow { state.slow.append(name) } else { state.quick.append(name) }
        if state.idleCount == 0 && state.threadCount < maxThreads {
            state.threadCount += 1
            // A thread may sit in a lookup for minutes, so nobody waits for its end; it keeps the pool alive.
            pthread_detach(startThread { self.work() })
        } else {
            pthread_cond_signal(condition)
        }
    }

    /// Idle threads end; one within a lookup ends after it, and its answer is dropped.
    func stop() {
        pthread_mutex_lock(mutex)
        state.isStopping = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    private func work() {
        pthread_mutex_lock(mutex)
        while !state.isStopping {
            let isSlow = state.quick.isEmpty
            if isSlow && (state.slow.isEmpty || state.slowCount >= maxThreads / 2) {
                state.idleCount += 1
                pthread_cond_wait(condition, mutex)
                state.idleCount -= 1
                continue
            }
            let name = isSlow ? state.slow.removeFirst() : state.quick.removeFirst()
            if isSlow { state.slowCount += 1 }
            pthread_mutex_unlock(mutex)
            let found = lookUp(name)
            pthread_mutex_lock(mutex)
            if isSlow { state.slowCount -= 1 }
            if !state.isStopping { answer(name, found) }
        }
        state.threadCount -= 1
        pthread_mutex_unlock(mutex)
    }

    @Sendable static func askSystem(_ name: String) -> Answer {
        let start = MonotonicClock.now
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(name, nil, &hints, &list)
        let took = MonotonicClock.now - start
        defer { if let list { freeaddrinfo(list) } }
        guard status == 0 else { return .failed(String(cString: gai_strerror(status)), took: took) }
        var addresses: [IPAddress] = []
        var next = list
        while let info = next, addresses.count < maxAddresses {
            if let address = self.address(info.pointee), !addresses.contains(address) { addresses.append(address) }
            next = info.pointee.ai_next
        }
        return addresses.isEmpty ? .failed("the name has no address", took: took) : .addresses(addresses, took: took)
    }

    private static func address(_ info: addrinfo) -> IPAddress? {
        guard let raw = UnsafeRawPointer(info.ai_addr) else { return nil }
        switch info.ai_family {
        case AF_INET:
            return withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in.self).sin_addr) { IPAddress(bytes: Array($0)) }
        case AF_INET6:
            return withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr) {
                IPAddress(bytes: Array($0))
            }
        default: return nil
        }
    }
}
