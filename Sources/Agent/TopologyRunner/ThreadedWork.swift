import Glibc
import Synchronization

/// Blocking work, each piece on a thread of its own; the owner looks at what is there.
final class ThreadedWork<Value: Sendable>: Sendable {
    private let results: Mutex<[Value?]>

    init(_ jobs: [@Sendable () -> Value]) {
        results = Mutex(Array(repeating: nil, count: jobs.count))
        for (index, job) in jobs.enumerated() {
            DetachedThread.start(stackBytes: 1 << 20) { [self] in
                let value = job()
                results.withLock { $0[index] = value }
            }
        }
    }

    /// By job; nil for what still works.
    var values: [Value?] { results.withLock { $0 } }
}

/// A switch that stops threads.
final class StopSwitch: Sendable {
    private let flag = Atomic<Bool>(false)

    var isOn: Bool { flag.load(ordering: .relaxed) }

    func turnOn() { flag.store(true, ordering: .relaxed) }
}

/// Blocks the thread.
func pause(_ duration: Duration) {
    let end = ContinuousClock.now + duration
    while true {
        let left = end - ContinuousClock.now
        guard left > .zero else { return }
        // At most a minute at a time: the system's call counts in 32 bits.
        let (seconds, attoseconds) = left.components
        usleep(useconds_t(min(60_000_000, min(seconds, 60) * 1_000_000 + attoseconds / 1_000_000_000_000 + 1)))
    }
}
