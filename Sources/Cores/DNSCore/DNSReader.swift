import FederationModel

/// Reads questions (RFC 1035 §4) and what recursors answer. Every offset is checked; compression pointers only lead
/// backwards, at most 16.
struct DNSReader {
    enum Failure: Error, Equatable {
        /// Nothing to say: too short, or an answer.
        case ignored
        /// Refused with a header alone.
        case refused(id: UInt16, DNSCode, opcode: UInt8, isRecursionDesired: Bool)
    }

    /// Records read behind the question in search of an OPT: a question has one, some add a signature.
    private static let maxRecords = 8
    private static let maxPointers = 16

    private let bytes: [UInt8]
    private var offset = 12

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func read(_ bytes: [UInt8]) throws(Failure) -> DNSQuery {
        guard bytes.count >= 12, bytes[2] & 0x80 == 0 else { throw .ignored }
        let id = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        let opcode = bytes[2] >> 3 & 15
        let desired = bytes[2] & 1 != 0
        guard opcode == 0 else {
            throw .refused(id: id, .notImplemented, opcode: opcode, isRecursionDesired: desired)
        }
        var reader = DNSReader(bytes)
        guard reader.number(at: 4) == 1, let question = reader.question(), let edns = reader.options() else {
            throw .refused(id: id, .formatError, opcode: opcode, isRecursionDesired: desired)
        }
        return DNSQuery(
            id: id, isRecursionDesired: desired, isCheckingDisabled: bytes[3] & 0x10 != 0, question: question,
            edns: edns.first)
    }

    /// Addresses and aliases of an answer section, as far as it can be read; at most `maxAnswers`.
    static func answers(of message: [UInt8]) -> [DNSRecord] {
        var reader = DNSReader(message)
        guard message.count >= 12, reader.number(at: 4) == 1, reader.question() != nil, let count = reader.number(at: 6)
        else { return [] }
        var records: [DNSRecord] = []
        for _ in 0..<min(Int(count), maxAnswers) {
            guard let name = reader.name(), let type = reader.number(), reader.number() != nil,
                let high = reader.number(), let low = reader.number(), let length = reader.number(),
                reader.offset + Int(length) <= message.count
            else { break }
            let end = reader.offset + Int(length)
            let ttl = UInt32(high) << 16 | UInt32(low)
            switch DNSType(type) {
            case .a, .aaaa:
                if let address = IPAddress(bytes: Array(message[reader.offset..<end])) {
                    records.append(DNSRecord(name: name, ttl: ttl, body: .address(address)))
                }
            case .cname:
                if let target = reader.name() { records.append(DNSRecord(name: name, ttl: ttl, body: .cname(target))) }
            default: break
            }
            reader.offset = end
        }
        return records
    }

    /// More than any resolver sends of one name; what follows is not looked at.
    private static let maxAnswers = 32

    private func number(at offset: Int) -> UInt16? {
        guard offset >= 0, offset + 2 <= bytes.count else { return nil }
        return UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
    }

    private mutating func number() -> UInt16? {
        guard let number = number(at: offset) else { return nil }
        offset += 2
        return number
    }

    private mutating func question() -> DNSQuestion? {
        guard let name = name(), let type = number(), let classNumber = number() else { return nil }
        return DNSQuestion(name: name, type: DNSType(type), classNumber: classNumber)
    }

    private mutating func name() -> DNSName? {
        var labels: [ArraySlice<UInt8>] = []
        var place = offset
        var total = 1
        var pointers = 0
        while true {
            guard place < bytes.count else { return nil }
            let length = Int(bytes[place])
            switch length {
            case 0:
                if pointers == 0 { offset = place + 1 }
                return DNSName(labels: labels)
            case 1...DNSName.maxLabelBytes:
                guard place + 1 + length <= bytes.count else { return nil }
                total += length + 1
                guard total <= DNSName.maxBytes else { return nil }
                labels.append(bytes[(place + 1)..<(place + 1 + length)])
                place += length + 1
            case 0xC0...0xFF:
                guard let pointer = number(at: place), pointers < Self.maxPointers else { return nil }
                let target = Int(pointer & 0x3FFF)
                guard target < place else { return nil }
                if pointers == 0 { offset = place + 2 }
                pointers += 1
                place = target
            default: return nil
            }
        }
    }

    /// The OPT record, at most one (RFC 6891 §6.1.1). Nil when what follows the question cannot be read.
    private mutating func options() -> [DNSExtension]? {
        guard let answers = number(at: 6), let authorities = number(at: 8), let additional = number(at: 10)
        else { return nil }
        let count = Int(answers) + Int(authorities) + Int(additional)
        guard count <= Self.maxRecords else { return nil }
        var found: [DNSExtension] = []
        for _ in 0..<count {
            guard name() != nil, let type = number(), let classNumber = number() else { return nil }
            offset += 4
            guard let length = number(), offset + Int(length) <= bytes.count else { return nil }
            if DNSType(type) == .opt {
                guard found.isEmpty else { return nil }
                let data = bytes[offset..<(offset + Int(length))]
                found.append(DNSExtension(payloadBytes: classNumber, clientSubnet: Self.clientSubnet(in: data)))
            }
            offset += Int(length)
        }
        return found
    }

    /// The client-subnet option as it is sent back: scope 0, nothing else changed. 4 + 4...20 bytes.
    private static func clientSubnet(in options: ArraySlice<UInt8>) -> [UInt8] {
        var rest = options
        while rest.count >= 4 {
            let start = rest.startIndex
            let code = UInt16(rest[start]) << 8 | UInt16(rest[start + 1])
            let length = Int(rest[start + 2]) << 8 | Int(rest[start + 3])
            guard rest.count >= 4 + length else { return [] }
            if code == 8 {
                guard (4...20).contains(length) else { return [] }
                var option = Array(rest.prefix(4 + length))
                option[7] = 0
                return option
            }
            rest = rest.dropFirst(4 + length)
        }
        return []
    }
}
