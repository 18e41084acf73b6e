import Glibc

/// A run of many agents goes through all they hold again and again, and finds the pages of hundreds of megabytes less
/// often than it finds what is on them: a fifth of the CPU of 120 servers. The heaps of such a run ask for large pages.
enum LargePages {
    private static let variable = "GLIBC_TUNABLES"
    private static let tunable = "glibc.malloc.hugetlb"

    /// At the start of a command, before it has read anything: glibc's allocator asks only as a process begins, so this
    /// one begins anew. Elsewhere, or where the system knows no large pages, nothing is changed.
    static func use() {
        let set = getenv(variable).map { String(cString: $0) } ?? ""
        guard !set.contains(tunable), let path = realpath("/proc/self/exe", nil) else { return }
        defer { free(path) }
        setenv(variable, (set.isEmpty ? "" : set + ":") + tunable + "=1", 1)
        // Returns only when it fails, and the run goes on as it is.
        execv(path, CommandLine.unsafeArgv)
    }
}
