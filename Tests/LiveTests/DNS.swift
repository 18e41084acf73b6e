import Glibc

/// One question over UDP to ::1.
enum DNS {
    /// - Returns: the whole answer; nil when there is none, or no record in it yet.
    static func ask(_ name: String, type: UInt8, port: UInt16) throws -> [UInt8]? {
        let descriptor = socket(AF_INET6, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure("socket: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        address.sin6_addr = in6addr_loopback
        let connected = withUnsafePointer(to: &address) { pointer in
            connect(
                descriptor, UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self),
                socklen_t(MemoryLayout<sockaddr_in6>.size))
        }
        guard connected == 0 else { throw Failure("connect: \(String(cString: strerror(errno)))") }
        var packet: [UInt8] = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        for label in name.split(separator: ".") { packet += [UInt8(label.utf8.count)] + label.utf8 }
        packet += [0, 0, type, 0, 1]
        guard send(descriptor, packet, packet.count, 0) == packet.count else { return nil }
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, 2000) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        // The count of answer records, RFC 1035 §4.1.1.
        guard count > 12, buffer[6] + buffer[7] > 0 else { return nil }
        return Array(buffer[..<count])
    }
}
