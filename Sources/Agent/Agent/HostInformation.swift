import Glibc
import WireFormat

/// What `/v1/agent/host` tells of the machine, from `/proc` and the system, in the form of Consul's agent.
enum HostInformation {
    static func json(dataDirectory: String, isPretty: Bool) -> [UInt8] {
        var writer = JSONWriter(isPretty: isPretty)
        writer.beginObject()
        writer.key("Memory")
        memory(&writer)
        writer.key("CPU")
        processors(&writer)
        writer.key("Host")
        host(&writer)
        writer.key("Disk")
        disk(dataDirectory, &writer)
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        writer.key("CollectionTime")
        writer.write(now.tv_sec * 1_000_000_000 + now.tv_nsec)
        writer.key("Errors")
        writer.null()
        writer.endObject()
        return writer.finished()
    }

    /// Consul's name of each line of `/proc/meminfo`, all but the pages counted in KiB.
    private static let memoryNames: [(StaticString, String)] = [
        ("free", "MemFree"), ("active", "Active"), ("inactive", "Inactive"), ("buffers", "Buffers"),
        ("cached", "Cached"), ("writeback", "Writeback"), ("dirty", "Dirty"), ("writebacktmp", "WritebackTmp"),
        ("shared", "Shmem"), ("slab", "Slab"), ("sreclaimable", "SReclaimable"), ("sunreclaim", "SUnreclaim"),
        ("pagetables", "PageTables"), ("swapcached", "SwapCached"), ("commitlimit", "CommitLimit"),
        ("committedas", "Committed_AS"), ("swaptotal", "SwapTotal"), ("swapfree", "SwapFree"), ("mapped", "Mapped"),
        ("vmalloctotal", "VmallocTotal"), ("vmallocused", "VmallocUsed"), ("vmallocchunk", "VmallocChunk"),
        ("hugepagesize", "Hugepagesize"),
    ]

    private static func memory(_ writer: inout JSONWriter) {
        let lines = fields("/proc/meminfo")
        func bytes(_ name: String) -> Int {
            (lines.first { $0.name == name }?.value.split(separator: " ").first.flatMap { Int($0) } ?? 0) * 1024
        }
        let total = bytes("MemTotal")
        let cached = bytes("Cached") + bytes("SReclaimable")
        let used = total - bytes("MemFree") - bytes("Buffers") - cached
        writer.beginObject()
        for (name, value) in [("total", total), ("available", bytes("MemAvailable")), ("used", used)] {
            writer.key(text: name)
            writer.write(value)
        }
        writer.key("usedPercent")
        writer.write(total > 0 ? Double(used) / Double(total) * 100 : 0)
        for (name, line) in memoryNames {
            writer.key(name)
            writer.write(bytes(line))
        }
        writer.endObject()
    }

    private static func processors(_ writer: inout JSONWriter) {
        writer.beginArray()
        let blocks = text("/proc/cpuinfo").split(separator: "\n\n")
        // A machine of thousands of processors is described well enough by these.
        for block in blocks.prefix(1024) {
            let lines = fields(in: String(block))
            func value(_ name: String) -> String { lines.first { $0.name == name }?.value ?? "" }
            guard let number = Int(value("processor")) else { continue }
            writer.beginObject()
            writer.key("cpu")
            writer.write(number)
            for (name, line) in [("vendorId", "vendor_id"), ("family", "cpu family"), ("model", "model")] {
                writer.key(text: name)
                writer.write(value(line))
            }
            writer.key("stepping")
            writer.write(Int(value("stepping")) ?? 0)
            for (name, line) in [("physicalId", "physical id"), ("coreId", "core id")] {
                writer.key(text: name)
                writer.write(value(line))
            }
            writer.key("cores")
            writer.write(1)
            writer.key("modelName")
            writer.write(value("model name"))
            writer.key("mhz")
            writer.write(Double(value("cpu MHz")) ?? 0)
            writer.key("cacheSize")
            writer.write(value("cache size").split(separator: " ").first.flatMap { Int($0) } ?? 0)
            writer.key("flags")
            writer.beginArray()
            for flag in value("flags").split(separator: " ") { writer.write(String(flag)) }
            writer.endArray()
            writer.key("microcode")
            writer.write(value("microcode"))
            writer.endObject()
        }
        writer.endArray()
    }

    private static func host(_ writer: inout JSONWriter) {
        let uptime = text("/proc/uptime").split(separator: ".").first.flatMap { Int($0) } ?? 0
        let lines = fields("/etc/os-release", separator: "=")
        func release(_ name: String) -> String {
            (lines.first { $0.name == name }?.value ?? "").filter { $0 != "\"" }
        }
        var system = utsname()
        uname(&system)
        let kernel = withUnsafeBytes(of: &system.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        writer.beginObject()
        writer.key("hostname")
        writer.write(HostName.current)
        for (name, value) in [("uptime", uptime), ("bootTime", time(nil) - uptime), ("procs", processCount)] {
            writer.key(text: name)
            writer.write(value)
        }
        for (name, value) in [
            ("os", "linux"), ("platform", release("ID")), ("platformFamily", release("ID_LIKE")),
            ("platformVersion", release("VERSION_ID")), ("kernelVersion", kernel), ("virtualizationSystem", ""),
            ("virtualizationRole", ""), ("hostid", text("/proc/sys/kernel/random/boot_id").filter { $0 != "\n" }),
        ] {
            writer.key(text: name)
            writer.write(value)
        }
        writer.endObject()
    }

    /// Tasks, from the fourth field of `/proc/loadavg`.
    private static var processCount: Int {
        let parts = text("/proc/loadavg").split(separator: " ")
        return parts.count > 3 ? parts[3].split(separator: "/").last.flatMap { Int($0) } ?? 0 : 0
    }

    private static func disk(_ path: String, _ writer: inout JSONWriter) {
        var state = statvfs()
        _ = statvfs(path.isEmpty ? "/" : path, &state)
        let unit = Int(state.f_frsize)
        let total = Int(state.f_blocks) * unit
        let used = (Int(state.f_blocks) - Int(state.f_bfree)) * unit
        let nodes = (total: Int(state.f_files), free: Int(state.f_ffree))
        func percent(_ part: Int, _ whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) * 100 : 0 }
        writer.beginObject()
        for (name, value) in [("path", path), ("fstype", "")] {
            writer.key(text: name)
            writer.write(value)
        }
        for (name, value) in [("total", total), ("free", Int(state.f_bavail) * unit), ("used", used)] {
            writer.key(text: name)
            writer.write(value)
        }
        writer.key("usedPercent")
        writer.write(percent(used, used + Int(state.f_bavail) * unit))
        for (name, value) in [
            ("inodesTotal", nodes.total), ("inodesUsed", nodes.total - nodes.free), ("inodesFree", nodes.free),
        ] {
            writer.key(text: name)
            writer.write(value)
        }
        writer.key("inodesUsedPercent")
        writer.write(percent(nodes.total - nodes.free, nodes.total))
        writer.endObject()
    }

    // MARK: Files of the system

    private static func fields(_ path: String, separator: Character = ":") -> [(name: String, value: String)] {
        fields(in: text(path), separator: separator)
    }

    private static func fields(in text: String, separator: Character = ":") -> [(name: String, value: String)] {
        text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: separator, maxSplits: 1)
            guard let name = parts.first else { return nil }
            func trimmed(_ part: Substring) -> String {
                let start = part.drop { $0 == " " || $0 == "\t" }
                return String(start.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
            }
            return (trimmed(name), parts.count > 1 ? trimmed(parts[1]) : "")
        }
    }

    /// At most 1 MiB; empty when it cannot be read.
    private static func text(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < 1 << 20 {
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
