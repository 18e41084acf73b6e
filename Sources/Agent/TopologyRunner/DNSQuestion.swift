import Glibc

/// One question to an agent's DNS port over UDP, and the records of its answer.
enum DNSQuestion {
    enum Kind: UInt16, Sendable {
        case address = 1
        case service = 33
    }

    struct Answer: Equatable, Sendable {
        /// 0 no error, 3 no such name.
        var code: UInt8 = 0
        /// Name → IPv4 address, of all sections.
        var addresses: [(name: String, address: String)] = []
        var services: [(target: String, port: UInt16)] = []

        static func == (left: Answer, right: Answer) -> Bool {
            left.code == right.code && left.addresses.elementsEqual(right.addresses) { $0 == $1 }
                && left.services.elementsEqual(right.services) { $0 == $1 }
        }
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    static func ask(_ name: String, _ kind: Kind, server: String, port: UInt16 = 8600, timeout: Duration = .seconds(2))
        throws -> Answer
    {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var address = SocketAddress.make(server, port)
        guard SocketAddress.withPointer(&address, { connect(descriptor, $0, $1) }) == 0 else {
            throw Failure(description: String(cString: strerror(errno)))
        }
        var random = SystemRandomNumberGenerator()
        let id = UInt16.random(in: 0 ... .max, using: &random)
        let packet = packet(id, name, kind)
        guard send(descriptor, packet, packet.count, 0) == packet.count else {
            throw Failure(description: String(cString: strerror(errno)))
        }
        let deadline = ContinuousClock.now + timeout
        while true {
            let left = (deadline - .now).components
            let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let count = milliseconds > 0 ? poll(&entry, 1, Int32(clamping: milliseconds)) : 0
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Failure(description: "no DNS answer within \(timeout)") }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let received = recv(descriptor, &buffer, buffer.count, 0)
            guard received >= 0 else { throw Failure(description: String(cString: strerror(errno))) }
            if let answer = try parse(Array(buffer[..<received]), id: id) { return answer }
        }
    }

    static func packet(_ id: UInt16, _ name: String, _ kind: Kind) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(id >> 8), UInt8(id & 255), 1, 0, 0, 1, 0, 0, 0, 0, 0, 1]
        for label in name.split(separator: ".") { bytes += [UInt8(clamping: label.utf8.count)] + label.utf8.prefix(63) }
        bytes += [0, UInt8(kind.rawValue >> 8), UInt8(kind.rawValue & 255), 0, 1]
        // EDNS0 (RFC 6891) with 4,096 bytes, so that additional records are not cut off.
        return bytes + [0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0]
    }

    /// - Returns: nil when the packet answers another question.
    static func parse(_ packet: [UInt8], id: UInt16) throws -> Answer? {
        var reader = Reader(packet: packet)
        guard try reader.number() == id else { return nil }
        let flags = try reader.number()
        guard flags & 0x8000 != 0 else { return nil }
        var answer = Answer(code: UInt8(flags & 15))
        let questionCount = try reader.number()
        var recordCount = 0
        for _ in 0..<3 { recordCount += Int(try reader.number()) }
        for _ in 0..<questionCount {
            _ = try reader.name()
            reader.position += 4
        }
        for _ in 0..<recordCount {
            let name = try reader.name()
            let type = try reader.number()
            reader.position += 6
            let length = Int(try reader.number())
            let end = reader.position + length
            guard end <= packet.count else { throw Failure(description: "the DNS answer is cut off") }
            if type == Kind.address.rawValue, length == 4 {
                let parts = packet[reader.position..<end].map { String($0) }
                answer.addresses.append((name.lowercased(), parts.joined(separator: ".")))
            } else if type == Kind.service.rawValue, length > 6 {
                reader.position += 4
                let port = try reader.number()
                answer.services.append((try reader.name().lowercased(), port))
            }
            reader.position = end
        }
        return answer
    }

    private struct Reader {
        let packet: [UInt8]
        var position = 0

        mutating func number() throws -> UInt16 {
            guard position + 2 <= packet.count else { throw Failure(description: "the DNS answer is cut off") }
            defer { position += 2 }
            return UInt16(packet[position]) << 8 | UInt16(packet[position + 1])
        }

        /// Follows at most 32 pointers (RFC 1035 §4.1.4).
        mutating func name() throws -> String {
            var labels: [String] = []
            var place = position
            var jumps = 0
            while true {
                guard place < packet.count else { throw Failure(description: "the DNS answer is cut off") }
                let length = Int(packet[place])
                if length >= 0xC0 {
                    guard place + 1 < packet.count, jumps < 32 else {
                        throw Failure(description: "a DNS name has no end")
                    }
                    if jumps == 0 { position = place + 2 }
                    jumps += 1
                    place = (length & 0x3F) << 8 | Int(packet[place + 1])
                } else if length == 0 {
                    if jumps == 0 { position = place + 1 }
                    return labels.joined(separator: ".")
                } else {
                    guard place + 1 + length <= packet.count, labels.count < 128 else {
                        throw Failure(description: "the DNS answer is cut off")
                    }
                    labels.append(String(decoding: packet[(place + 1)...(place + length)], as: UTF8.self))
                    place += 1 + length
                }
            }
        }
    }
}
