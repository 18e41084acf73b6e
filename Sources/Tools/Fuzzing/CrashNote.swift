import Glibc

/// Says which input was being read when the process is struck down: a trap, a stack without end, or no end at all.
enum CrashNote {
    /// Longest time for one input before the process is ended from outside.
    private static let hangSeconds: UInt32 = 30
    private static let capacity = 512

    // Written between inputs by the only thread, read by the handlers of this process's own signals.
    nonisolated(unsafe) private static let text = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    nonisolated(unsafe) private static let textCount = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    nonisolated(unsafe) private static let inputNumber = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)

    static func install() {
        textCount.pointee = 0
        inputNumber.pointee = 0
        // A stack of its own: a recursion without end leaves no room on the thread's.
        var stack = stack_t()
        stack.ss_size = 64 << 10
        stack.ss_sp = UnsafeMutableRawPointer.allocate(byteCount: stack.ss_size, alignment: 16)
        sigaltstack(&stack, nil)
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                CrashNote.write()
                signal(number, SIG_DFL)
                raise(number)
            }
            action.sa_flags = Int32(bitPattern: UInt32(SA_ONSTACK)) | Int32(bitPattern: UInt32(SA_NODEFER))
            sigaction(number, &action, nil)
        }
    }

    static func begin(_ target: String, seed: UInt64) {
        let line = Array("fuzz: CRASHED target=\(target) seed=\(seed) input=".utf8.prefix(capacity))
        for (position, byte) in line.enumerated() { text[position] = byte }
        textCount.pointee = line.count
    }

    static func input(_ number: UInt64) {
        inputNumber.pointee = number
        alarm(hangSeconds)
    }

    static func end() { alarm(0) }

    /// In a handler: nothing that allocates.
    private static func write() {
        _ = Glibc.write(STDERR_FILENO, text, textCount.pointee)
        var rest = inputNumber.pointee
        var divisor: UInt64 = 1
        while rest / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            var digit = UInt8(truncatingIfNeeded: 48 + rest / divisor)
            _ = Glibc.write(STDERR_FILENO, &digit, 1)
            rest %= divisor
            divisor /= 10
        }
        var newline: UInt8 = 10
        _ = Glibc.write(STDERR_FILENO, &newline, 1)
    }
}
