import FederationModel

/// One DNS question as a client asks it, and the records of its answer. Independent of the codec that agents answer
/// with.
package enum DNSAsking {
    package enum Kind: UInt16, Hashable, Sendable {
        case address = 1
        case addressIPv6 = 28
        case service = 33
    }

    package struct Answer: Equatable, Sendable {
        /// 0 no error, 3 no such name.
        package var code: UInt8 = 0
        /// Name → address as text, of all sections.
        package var addresses: [(name: String, address: String)] = []
        package var services: [(target: String, port: UInt16)] = []

        package static func == (left: Answer, right: Answer) -> Bool {
            left.code == right.code && left.addresses.elementsEqual(right.addresses) { $0 == $1 }
                && left.services.elementsEqual(right.services) { $0 == $1 }
        }
    }

    package static func packet(_ id: UInt16, _ name: String, _ kind: Kind) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(id >> 8), UInt8(id & 255), 1, 0, 0, 1, 0, 0, 0, 0, 0, 1]
        for label in name.split(separator: ".") { bytes += [UInt8(clamping: label.utf8.count)] + label.utf8.prefix(63) }
        bytes += [0, UInt8(kind.rawValue >> 8), UInt8(kind.rawValue & 255), 0, 1]
        // EDNS0 (RFC 6891) with 4,096 bytes, so that additional records are not cut off.
        return bytes + [0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0]
    }

    /// - Returns: nil when the packet answers another question.
    package static func parse(_ packet: [UInt8], id: UInt16) throws(FederationReason) -> Answer? {
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
            guard end <= packet.count else { throw FederationReason("the DNS answer is cut off") }
            let data = packet[reader.position..<end]
            switch (Kind(rawValue: type), length) {
            case (.address, 4):
                answer.addresses.append((name.lowercased(), data.map { String($0) }.joined(separator: ".")))
            case (.addressIPv6, 16): answer.addresses.append((name.lowercased(), addressText(Array(data))))
            case (.service, 7...):
                reader.position += 4
                let port = try reader.number()
                answer.services.append((try reader.name().lowercased(), port))
            default: break
            }
            reader.position = end
        }
        return answer
    }

    private static func addressText(_ bytes: [UInt8]) -> String { IPAddress(bytes: bytes)?.description ?? "" }

    private struct Reader {
        let packet: [UInt8]
        var position = 0

        mutating func number() throws(FederationReason) -> UInt16 {
            guard position + 2 <= packet.count else { throw FederationReason("the DNS answer is cut off") }
            defer { position += 2 }
            return UInt16(packet[position]) << 8 | UInt16(packet[position + 1])
        }

        /// Follows at most 32 pointers (RFC 1035 §4.1.4).
        mutating func name() throws(FederationReason) -> String {
            var labels: [String] = []
            var place = position
            var jumps = 0
            while true {
                guard place < packet.count else { throw FederationReason("the DNS answer is cut off") }
                let length = Int(packet[place])
                if length >= 0xC0 {
                    guard place + 1 < packet.count, jumps < 32 else {
                        throw FederationReason("a DNS name has no end")
                    }
                    if jumps == 0 { position = place + 2 }
                    jumps += 1
                    place = (length & 0x3F) << 8 | Int(packet[place + 1])
                } else if length == 0 {
                    if jumps == 0 { position = place + 1 }
                    return labels.joined(separator: ".")
                } else {
                    guard place + 1 + length <= packet.count, labels.count < 128 else {
                        throw FederationReason("the DNS answer is cut off")
                    }
                    labels.append(String(decoding: packet[(place + 1)...(place + length)], as: UTF8.self))
                    place += 1 + length
                }
            }
        }
    }
}
