import FederationModel

/// Writes answers (RFC 1035 §4) with names compressed, except the targets of SRV records (RFC 2782).
struct DNSWriter {
    private(set) var bytes: [UInt8] = []
    /// Where each suffix of a name was first written; only offsets a pointer can hold.
    private var places: [ArraySlice<UInt8>: UInt16] = [:]

    private var compresses = true

    private init() { bytes.reserveCapacity(512) }

    /// A header alone.
    static func refusal(id: UInt16, _ code: DNSCode, opcode: UInt8, isRecursionDesired: Bool) -> [UInt8] {
        let flags = 0x80 | (opcode & 15) << 3 | (isRecursionDesired ? 1 : 0)
        return [UInt8(id >> 8), UInt8(id & 0xFF), flags, code.rawValue] + [UInt8](repeating: 0, count: 8)
    }

    /// A question of our own.
    static func question(_ query: DNSQuery) -> [UInt8] {
        var writer = DNSWriter()
        writer.number(query.id)
        writer.bytes += [query.isRecursionDesired ? 1 : 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        writer.bytes += query.question.name.wire
        writer.number(query.question.type.number)
        writer.number(query.question.classNumber)
        return writer.bytes
    }

    /// - Returns: nil when the message is longer than `limit` bytes; writing stops as soon as it is.
    static func message(
        _ query: DNSQuery, _ response: DNSResponse, isTruncated: Bool, limit: Int, isCompressed: Bool = true
    ) -> [UInt8]? {
        var writer = DNSWriter()
        writer.compresses = isCompressed
        writer.header(query, response, isTruncated: isTruncated)
        writer.number(UInt16(1))
        writer.number(UInt16(clamping: response.units.count))
        writer.number(UInt16(clamping: response.authority.count))
        writer.number(UInt16(0))
        writer.name(query.question.name)
        writer.number(query.question.type.number)
        writer.number(query.question.classNumber)
        for unit in response.units {
            writer.record(unit.answer)
            if writer.bytes.count > limit { return nil }
        }
        for record in response.authority { writer.record(record) }
        guard let additionalCount = writer.additional(response, limit: limit) else { return nil }
        if let edns = query.edns { writer.options(edns) }
        let count = UInt16(clamping: additionalCount + (query.edns == nil ? 0 : 1))
        writer.bytes[10] = UInt8(count >> 8)
        writer.bytes[11] = UInt8(count & 0xFF)
        return writer.bytes.count <= limit ? writer.bytes : nil
    }

    /// Each record once.
    /// - Returns: how many were written; nil when `limit` was passed.
    private mutating func additional(_ response: DNSResponse, limit: Int) -> Int? {
        var seen: Set<DNSRecord> = []
        for records in response.units.lazy.map(\.additional) + [response.additional] {
            for record in records where seen.insert(record).inserted {
                self.record(record)
                if bytes.count > limit { return nil }
            }
        }
        return seen.count
    }

    private mutating func header(_ query: DNSQuery, _ response: DNSResponse, isTruncated: Bool) {
        number(query.id)
        var high: UInt8 = 0x80
        if response.isAuthoritative { high |= 0x04 }
        if isTruncated { high |= 0x02 }
        if query.isRecursionDesired { high |= 0x01 }
        var low = response.code.rawValue
        if response.isRecursionAvailable { low |= 0x80 }
        if query.isCheckingDisabled { low |= 0x10 }
        bytes.append(high)
        bytes.append(low)
    }

    private mutating func number(_ value: UInt16) {
        bytes.append(UInt8(value >> 8))
        bytes.append(UInt8(value & 0xFF))
    }

    private mutating func number(_ value: UInt32) {
        number(UInt16(value >> 16))
        number(UInt16(value & 0xFFFF))
    }

    private mutating func name(_ name: DNSName, mayCompress: Bool = true) {
        let wire = name.wire
        var index = 0
        while index < wire.count, wire[index] != 0 {
            let suffix = wire[index...]
            if mayCompress, compresses, let place = places[suffix] { return number(0xC000 | place) }
            if places[suffix] == nil, bytes.count < 0x4000 { places[suffix] = UInt16(bytes.count) }
            let end = min(wire.count, index + 1 + Int(wire[index]))
            bytes.append(contentsOf: wire[index..<end])
            index = end
        }
        bytes.append(0)
    }

    private mutating func record(_ record: DNSRecord) {
        name(record.name)
        number(record.type.number)
        number(UInt16(1))
        number(record.ttl)
        let start = bytes.count
        number(UInt16(0))
        body(record.body)
        let length = UInt16(clamping: bytes.count - start - 2)
        bytes[start] = UInt8(length >> 8)
        bytes[start + 1] = UInt8(length & 0xFF)
    }

    private mutating func body(_ body: DNSRecord.Body) {
        switch body {
        case .address(let address): bytes += address.bytes
        case .ns(let name), .cname(let name), .ptr(let name): self.name(name)
        case .soa(let soa):
            name(soa.primary)
            name(soa.mailbox)
            for value in [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum] { number(value) }
        case .txt(let texts):
            for text in texts {
                bytes.append(UInt8(clamping: text.count))
                bytes += text.prefix(255)
            }
        case .srv(let priority, let weight, let port, let target):
            number(priority)
            number(weight)
            number(port)
            name(target, mayCompress: false)
        }
    }

    private mutating func options(_ edns: DNSExtension) {
        bytes.append(0)
        number(DNSType.opt.number)
        number(edns.payloadBytes)
        number(UInt32(0))
        number(UInt16(clamping: edns.clientSubnet.count))
        bytes += edns.clientSubnet
    }
}
