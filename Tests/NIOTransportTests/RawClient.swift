import FederationModel
import Foundation

/// A blocking TCP or unix client that says exactly what a test wants; reads end at a time limit.
final class RawClient {
    let descriptor: Int32

    init?(_ endpoint: Endpoint, receiveBuffer: Int32? = nil) {
        descriptor = socket(endpoint.address.isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var storage = sockaddr_storage()
        let length = RawClient.fill(&storage, endpoint)
        guard connect(&storage, length) else { return nil }
    }

    init?(path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var storage = sockaddr_storage()
        storage.ss_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &storage) { bytes in
            for (place, byte) in path.utf8.enumerated() { bytes[2 + place] = byte }
        }
        guard connect(&storage, MemoryLayout<sockaddr_un>.size) else { return nil }
    }

    deinit { close(descriptor) }

    private func connect(_ storage: inout sockaddr_storage, _ length: Int) -> Bool {
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let descriptor = descriptor
        return withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(length)) == 0
            }
        }
    }

    static func fill(_ storage: inout sockaddr_storage, _ endpoint: Endpoint) -> Int {
        withUnsafeMutableBytes(of: &storage) { bytes in
            let port = endpoint.port.bigEndian
            bytes.storeBytes(of: port, toByteOffset: 2, as: UInt16.self)
            let isIPv6 = endpoint.address.isIPv6
            bytes.storeBytes(of: sa_family_t(isIPv6 ? AF_INET6 : AF_INET), as: sa_family_t.self)
            for (place, byte) in endpoint.address.bytes.enumerated() { bytes[(isIPv6 ? 8 : 4) + place] = byte }
            return isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
        }
    }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// What comes until `isEnough`, the end, or 5 s of silence.
    func read(until isEnough: ([UInt8]) -> Bool) -> [UInt8] {
        var found: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isEnough(found) {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            found += buffer.prefix(count)
        }
        return found
    }

    func read(count: Int) -> [UInt8] { read { $0.count >= count } }

    func readToEnd() -> String { String(decoding: read { _ in false }, as: UTF8.self) }

    /// True when the peer ends within 5 s.
    func isEnded() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { return true }
            if count < 0 { return errno == ECONNRESET }
        }
    }

    /// One answer with a Content-Length.
    func readAnswer() -> String {
        let bytes = read { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            guard let head = text.range(of: "\r\n\r\n") else { return false }
            let length = text[..<head.lowerBound].split(separator: "\r\n")
                .first { $0.lowercased().hasPrefix("content-length: ") }
                .flatMap { Int($0.dropFirst(16)) } ?? 0
            return text[head.upperBound...].utf8.count >= length
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Things that happen on other threads, waited for up to a deadline.
final class Recorder<Item: Sendable>: @unchecked Sendable {
    // `items` is touched only while `condition` is locked.
    private let condition = NSCondition()
    private var items: [Item] = []

    func append(_ item: Item) {
        condition.lock()
        items.append(item)
        condition.broadcast()
        condition.unlock()
    }

    var all: [Item] {
        condition.lock()
        defer { condition.unlock() }
        return items
    }

    /// What has come when `isEnough` holds, or after 5 s.
    @discardableResult
    func wait(until isEnough: ([Item]) -> Bool) -> [Item] {
        let deadline = Date(timeIntervalSinceNow: 5)
        condition.lock()
        defer { condition.unlock() }
        while !isEnough(items) {
            guard condition.wait(until: deadline) else { break }
        }
        return items
    }

    @discardableResult
    func wait(count: Int) -> [Item] { wait { $0.count >= count } }
}
