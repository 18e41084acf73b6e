import Configuration
import Glibc

/// Where the agent keeps what it must not forget: the configured directory, or with `-dev` one that ends with it.
struct DataDirectory {
    let path: String
    private let isTemporary: Bool

    init(_ configuration: AgentConfiguration) throws {
        guard configuration.dataDirectory.isEmpty else {
            path = configuration.dataDirectory
            isTemporary = false
            return
        }
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/isthmus-dev-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw AgentProcess.Failure(
                description: "no temporary directory under \(base): \(String(cString: strerror(errno)))")
        }
        path = String(cString: made)
        isTemporary = true
    }

    /// A development agent forgets everything.
    func remove() {
        guard isTemporary else { return }
        Self.removeTree(path)
    }

    private static func removeTree(_ path: String) {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                    tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard name != ".", name != ".." else { continue }
                let child = "\(path)/\(name)"
                if entry.pointee.d_type == UInt8(DT_DIR) { removeTree(child) } else { unlink(child) }
            }
            closedir(folder)
        }
        rmdir(path)
    }
}

/// The file that tells other programs our process; removed at the end.
struct PIDFile {
    private let path: String

    init(_ path: String) throws {
        self.path = path
        guard !path.isEmpty else { return }
        guard let file = fopen(path, "w") else {
            throw AgentProcess.Failure(description: "pid_file: \(path): \(String(cString: strerror(errno)))")
        }
        fputs("\(getpid())\n", file)
        fclose(file)
    }

    func remove() {
        guard !path.isEmpty else { return }
        unlink(path)
    }
}
