import Glibc
import StorageFormat

/// Keeps other processes out of a data directory until released. The lock is the kernel's and ends with
/// the process; the file's text is the holder's process ID, for people.
final class DirectoryLock: Sendable {
    static let name = "isthmus.lock"

    private let file: File
    /// The lock file was not there before.
    let isNew: Bool

    init(directory: String) throws(StorageError) {
        let path = "\(directory)/\(Self.name)"
        do throws(SystemFailure) {
            // A holder that was refused may remove its new file between our open and our lock: then try again.
            while true {
                let isNew = !Directory.exists(path)
                let file = try File(path, O_RDWR | O_CREAT)
                guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
                    guard errno == EWOULDBLOCK else { throw SystemFailure("lock", path) }
                    let text = String(decoding: try file.readAll(), as: UTF8.self)
                    throw SystemFailure("lock", text.trimmingNewline, code: EWOULDBLOCK)
                }
                var opened = stat()
                var named = stat()
                if fstat(file.descriptor, &opened) == 0, stat(path, &named) == 0, opened.st_ino == named.st_ino {
                    self.file = file
                    self.isNew = isNew
                    return
                }
            }
        } catch {
            throw error.code == EWOULDBLOCK
                ? .locked(directory: directory, processID: Int32(error.path)) : error.storageError
        }
    }

    /// Puts our process ID into the file, once the directory is known to be ours. On a full disk it stays empty.
    func sign() {
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(file.descriptor, 0) == 0 else { return }
        do throws(SystemFailure) { try file.write(text, at: 0) } catch { _ = ftruncate(file.descriptor, 0) }
    }

    /// Gives the directory free and leaves no process ID behind.
    func release() {
        _ = ftruncate(file.descriptor, 0)
        _ = flock(file.descriptor, LOCK_UN)
    }
}

extension String {
    fileprivate var trimmingNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}
