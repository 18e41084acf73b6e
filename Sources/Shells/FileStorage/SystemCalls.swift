import Glibc
import StorageFormat

/// The operating system's refusal of one call.
struct SystemFailure: Error {
    var operation: String
    var path: String
    var code: Int32

    init(_ operation: String, _ path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    private var isFull: Bool { code == ENOSPC || code == EDQUOT }
    private var reason: String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }

    var storageError: StorageError {
        isFull ? .full(file: path) : .system(operation: operation, file: path, reason: reason)
    }

    var diskFailure: DiskFailure { isFull ? .full : .failed("\(operation) of \(path): \(reason)") }
}

/// An open file, closed with its last reference.
///
/// Sendable: it holds only a number and a name. Positions are given to each call.
final class File: Sendable {
    let descriptor: Int32
    let path: String

    /// - Parameter flags: of open(2); close-on-exec is added. New files are readable by their owner only.
    init(_ path: String, _ flags: Int32) throws(SystemFailure) {
        var result: Int32
        repeat { result = open(path, flags | O_CLOEXEC, 0o600) } while result < 0 && errno == EINTR
        guard result >= 0 else { throw SystemFailure("open", path) }
        descriptor = result
        self.path = path
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8], at position: Int) throws(SystemFailure) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                pwrite(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, position + done)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemFailure("write", path)
            }
            guard count > 0 else { throw SystemFailure("write", path, code: EIO) }
            done += count
        }
    }

    /// To the end of a file opened with `O_APPEND`.
    func append(_ bytes: [UInt8]) throws(SystemFailure) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemFailure("write", path)
            }
            guard count > 0 else { throw SystemFailure("write", path, code: EIO) }
            done += count
        }
    }

    func readAll() throws(SystemFailure) -> [UInt8] {
        let size = try byteCount
        var failure: SystemFailure?
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            while filled < size {
                let count = pread(descriptor, buffer.baseAddress.map { $0 + filled }, size - filled, filled)
                if count < 0 {
                    if errno == EINTR { continue }
                    failure = SystemFailure("read", path)
                    return
                }
                if count == 0 { return }
                filled += count
            }
        }
        if let failure { throw failure }
        return bytes
    }

    var byteCount: Int {
        get throws(SystemFailure) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw SystemFailure("stat", path) }
            return status.st_size
        }
    }

    /// Takes the space on the device and sets the size.
    func reserve(_ count: Int) throws(SystemFailure) {
        var code: Int32
        repeat { code = posix_fallocate(descriptor, 0, count) } while code == EINTR
        guard code == 0 else { throw SystemFailure("reserve", path, code: code) }
    }

    /// Data and size. Called once for a write: after a failure the kernel may have dropped what it could not write.
    func syncData() throws(SystemFailure) {
        guard fdatasync(descriptor) == 0 else { throw SystemFailure("fdatasync", path, code: EIO) }
    }

    func sync() throws(SystemFailure) {
        guard fsync(descriptor) == 0 else { throw SystemFailure("fsync", path, code: EIO) }
    }
}

enum Directory {
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// - Returns: false when it was there.
    static func make(_ path: String) throws(SystemFailure) -> Bool {
        if mkdir(path, 0o700) == 0 { return true }
        if errno == EEXIST { return false }
        throw SystemFailure("mkdir", path)
    }

    /// Makes renames and new names in it durable.
    static func sync(_ path: String) throws(SystemFailure) {
        try File(path, O_RDONLY | O_DIRECTORY).sync()
    }

    /// Names in byte order.
    static func names(in path: String) throws(SystemFailure) -> [String] {
        guard let stream = opendir(path) else { throw SystemFailure("opendir", path) }
        defer { closedir(stream) }
        var names: [String] = []
        while let item = readdir(stream) {
            let name = withUnsafeBytes(of: item.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    static func rename(_ from: String, to path: String) throws(SystemFailure) {
        guard Glibc.rename(from, path) == 0 else { throw SystemFailure("rename", from) }
    }

    /// A name that is not there is no failure.
    static func remove(_ path: String) throws(SystemFailure) {
        guard unlink(path) == 0 || errno == ENOENT else { throw SystemFailure("remove", path) }
    }

    /// Writes a file so that its name never stands for half of it: temporary file, sync, rename, directory sync.
    static func replace(_ name: String, in directory: String, with parts: some Sequence<[UInt8]>) throws(SystemFailure)
    {
        let temporary = "\(directory)/\(name)\(temporarySuffix)"
        do throws(SystemFailure) {
            let file = try File(temporary, O_WRONLY | O_CREAT | O_TRUNC)
            var position = 0
            for part in parts {
                try file.write(part, at: position)
                position += part.count
            }
            try file.sync()
            try rename(temporary, to: "\(directory)/\(name)")
        } catch {
            unlink(temporary)
            throw error
        }
        try sync(directory)
    }

    /// Of files not yet whole: removed when the directory is opened.
    static let temporarySuffix = ".tmp"
}
