import AgentCore
import Glibc

extension SpareMemory {
    /// Bytes of memory that are no file's; 0 where the system does not say.
    static var heldBytes: Int {
        let pageBytes = sysconf(Int32(_SC_PAGESIZE))
        return text(of: "/proc/self/statm").flatMap { heldBytes(statm: $0, pageBytes: pageBytes) } ?? 0
    }

    /// glibc's `malloc_trim`, which is not in the module of its headers; other libraries have none.
    private static let trim: (@convention(c) (Int) -> Int32)? = dlsym(nil, "malloc_trim").map {
        unsafeBitCast($0, to: (@convention(c) (Int) -> Int32).self)
    }

    mutating func look() {
        if !hasGivenBackProgram {
            hasGivenBackProgram = true
            Self.giveBackProgram()
        }
        guard isDue(heldBytes: Self.heldBytes) else { return }
        _ = Self.trim?(0)
        gaveBack(heldBytes: Self.heldBytes)
    }

    /// The code that only the start has used, and what the kernel read beside it. Code is never written: what is used
    /// again comes from the file.
    private static func giveBackProgram() {
        guard let program = realpath("/proc/self/exe", nil), let maps = text(of: "/proc/self/maps") else { return }
        defer { free(program) }
        for range in codeRanges(maps: maps, program: String(cString: program)) {
            madvise(UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, MADV_DONTNEED)
        }
    }

    private static func text(of path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&part, 1, part.count, file), count > 0 { bytes += part[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
