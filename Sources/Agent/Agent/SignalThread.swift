import AgentCore
import Glibc

/// Signals as calls on a thread of their own: handlers may do anything there. Between signals it gives back memory.
package enum SignalThread {
    /// Carries signal numbers from the handler, where only a write is safe, to the thread.
    private static let pipe: (reading: Int32, writing: Int32) = {
        var ends: [Int32] = [0, 0]
        let status = Glibc.pipe(&ends)
        precondition(status == 0, "no pipe for signals: \(errno)")
        return (ends[0], ends[1])
    }()

    /// Runs for the life of the process. Masking the signals instead does not work: the runtime's main thread waits
    /// with none blocked.
    package static func start(_ handler: @escaping @Sendable (Int32) -> Void) {
        signal(SIGPIPE, SIG_IGN)
        let reading = pipe.reading
        let box = Unmanaged.passRetained(
            HandlerBox {
                var spare = SpareMemory(heldBytes: SpareMemory.heldBytes)
                let pause = Int32(SpareMemory.interval / .milliseconds(1))
                while true {
                    var end = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
                    let count = poll(&end, 1, pause)
                    if count == 0 { spare.look() }
                    guard count != 0, !(count < 0 && errno == EINTR) else { continue }
                    var number: UInt8 = 0
                    guard read(reading, &number, 1) == 1 else { return }
                    handler(Int32(number))
                }
            })
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<HandlerBox>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        precondition(status == 0, "no thread for signals: \(status)")
        pthread_detach(thread)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(SignalThread.pipe.writing, &byte, 1)
            }
        }
    }

    private final class HandlerBox: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
