import Foundation
import Synchronization

/// Blocking work, each piece on a thread of its own; the owner looks at what is there.
final class ThreadedWork<Value: Sendable>: Sendable {
    private let results: Mutex<[Value?]>

    init(_ jobs: [@Sendable () -> Value]) {
        results = Mutex(Array(repeating: nil, count: jobs.count))
        for (index, job) in jobs.enumerated() {
            let thread = Thread { [self] in
                let value = job()
                results.withLock { $0[index] = value }
            }
            thread.stackSize = 1 << 20
            thread.start()
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
    let parts = duration.components
    guard duration > .zero else { return }
    Thread.sleep(forTimeInterval: Double(parts.seconds) + Double(parts.attoseconds) / 1e18)
}
