import Glibc

/// A run of many agents goes through all they hold again and again, and finds the pages of hundreds of megabytes less
/// often than it finds what is on them: a fifth of the CPU of 120 servers. The heap of such a run asks for large pages.
enum LargePages {
    /// How far the heap grows at once: address space, of which only what is touched becomes memory. A run that needs
    /// more goes on with small pages from there.
    private static let reservedBytes = 1 << 30
    /// Larger than the smallest part that glibc takes from elsewhere, and given back at once: the heap has grown then.
    private static let firstBytes = 16 << 20

    // Of glibc's malloc.h.
    private static let (trimThreshold, topPad, mmapThreshold): (Int32, Int32, Int32) = (-1, -2, -3)
    /// Its greatest threshold.
    private static let maxThreshold: Int32 = 32 << 20

    /// Once in a process, before the run begins. Without glibc, or where the system knows no large pages, nothing is
    /// changed.
    static let areWanted: Bool = {
        let found = dlsym(nil, "mallopt").map {
            unsafeBitCast($0, to: (@convention(c) (Int32, Int32) -> Int32).self)
        }
        guard let set = found, set(topPad, Int32(reservedBytes)) == 1, set(trimThreshold, .max) == 1,
            set(mmapThreshold, maxThreshold) == 1
        else { return false }
        free(malloc(firstBytes))
        guard let end = sbrk(0) else { return false }
        let pageBytes = UInt(sysconf(Int32(_SC_PAGESIZE)))
        let last = UInt(bitPattern: end) & ~(pageBytes - 1)
        let count = reservedBytes & ~Int(pageBytes - 1)
        guard let start = UnsafeMutableRawPointer(bitPattern: last - UInt(count)) else { return false }
        // Refused where the heap could not grow so far.
        return madvise(start, count, MADV_HUGEPAGE) == 0
    }()
}
