import Determinism
import DNSCore
import FederationModel

/// A question as a resolver sends it; `edns` adds an OPT record with that payload size.
func question(
    _ name: String, _ type: UInt16 = 1, edns: UInt16? = nil, recursion: Bool = true, options: [UInt8] = [],
    classNumber: UInt16 = 1
) -> [UInt8] {
    var bytes: [UInt8] = [0x12, 0x34, recursion ? 1 : 0, 0, 0, 1, 0, 0, 0, 0, 0, edns == nil ? 0 : 1]
    for label in name.split(separator: ".") { bytes += [UInt8(label.utf8.count)] + Array(label.utf8) }
    bytes += [0, UInt8(type >> 8), UInt8(type & 255), UInt8(classNumber >> 8), UInt8(classNumber & 255)]
    if let edns {
        bytes += [0, 0, 41, UInt8(edns >> 8), UInt8(edns & 255), 0, 0, 0, 0, 0, UInt8(options.count)] + options
    }
    return bytes
}

/// An answer read back by a reader of its own, so that writer and reader do not agree on a mistake.
struct Answer {
    struct Record: Equatable {
        var name: String
        var type: UInt16
        var ttl: UInt32
        var data: String
    }

    var flags: UInt16 = 0
    var records: [[Record]] = [[], [], []]
    var question = ""
    var payloadBytes: UInt16?
    var options: [UInt8] = []
    var isReadable = true
    let bytes: [UInt8]

    var code: UInt16 { flags & 15 }
    var isTruncated: Bool { flags & 0x200 != 0 }
    var answers: [String] { records[0].map(\.text) }
    var authority: [String] { records[1].map(\.text) }
    var additional: [String] { records[2].map(\.text) }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard bytes.count >= 12 else {
            isReadable = false
            return
        }
        flags = number(2)
        var offset = 12
        if number(4) == 1 {
            question = name(&offset)
            offset += 4
        }
        for (section, place) in [6, 8, 10].enumerated() {
            for _ in 0..<number(place) {
                guard let record = record(&offset) else {
                    isReadable = false
                    return
                }
                if record.type != 41 { records[section].append(record) }
            }
        }
        isReadable = isReadable && offset == bytes.count
    }

    private func number(_ offset: Int) -> UInt16 {
        offset + 1 < bytes.count ? UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1]) : 0
    }

    private mutating func record(_ offset: inout Int) -> Record? {
        let owner = name(&offset)
        guard offset + 10 <= bytes.count else { return nil }
        let type = number(offset)
        let ttl = UInt32(number(offset + 4)) << 16 | UInt32(number(offset + 6))
        let length = Int(number(offset + 8))
        let classNumber = number(offset + 2)
        offset += 10
        guard offset + length <= bytes.count else { return nil }
        let end = offset + length
        defer { offset = end }
        if type == 41 {
            payloadBytes = classNumber
            options = Array(bytes[offset..<end])
            return Record(name: owner, type: type, ttl: ttl, data: "")
        }
        return Record(name: owner, type: type, ttl: ttl, data: data(type, offset, end))
    }

    private func data(_ type: UInt16, _ start: Int, _ end: Int) -> String {
        var offset = start
        switch type {
        case 1, 28: return IPAddress(bytes: Array(bytes[start..<end]))?.description ?? "?"
        case 2, 5, 12: return name(&offset)
        case 6:
            let names = name(&offset) + " " + name(&offset)
            let numbers = (0..<5).map { UInt32(number(offset + 4 * $0)) << 16 | UInt32(number(offset + 4 * $0 + 2)) }
            return names + " " + numbers.map { String($0) }.joined(separator: " ")
        case 16:
            var text = ""
            while offset < end {
                let next = min(end, offset + 1 + Int(bytes[offset]))
                text += String(decoding: bytes[(offset + 1)..<next], as: UTF8.self)
                offset = next
            }
            return text
        case 33:
            offset += 6
            return "\(number(start)) \(number(start + 2)) \(number(start + 4)) " + name(&offset)
        default: return "?"
        }
    }

    private func name(_ offset: inout Int) -> String {
        var text = ""
        var place = offset
        var jumped = false
        for _ in 0..<200 {
            guard place < bytes.count else { return "?" }
            let length = Int(bytes[place])
            if length == 0 {
                if !jumped { offset = place + 1 }
                return text.isEmpty ? "." : text
            }
            if length >= 0xC0 {
                if !jumped { offset = place + 2 }
                jumped = true
                place = Int(number(place) & 0x3FFF)
                continue
            }
            guard place + 1 + length <= bytes.count else { return "?" }
            text += String(decoding: bytes[(place + 1)..<(place + 1 + length)], as: UTF8.self) + "."
            place += 1 + length
        }
        return "?"
    }
}

extension Answer.Record {
    /// As the recorded answers write it: `db.service.consul. 0 A 10.0.0.1`.
    var text: String {
        let types: [UInt16: String] = [
            1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 16: "TXT", 28: "AAAA", 33: "SRV",
        ]
        return "\(name) \(ttl) \(types[type] ?? "?") \(data)"
    }
}

let soaText = "consul. 0 SOA ns.consul. hostmaster.consul. 1 3600 600 86400 0"

func node(_ name: String, _ address: String, meta: [String: String]? = nil, datacenter: String = "dc1") -> Node {
    Node(node: name, address: address, datacenter: datacenter, taggedAddresses: ["wan": "198.51.100.1"], meta: meta)
}

func instance(
    _ node: Node, port: Int = 80, address: String = "", status: String = "passing", weights: Weights? = nil,
    wan: ServiceAddress? = nil
) -> CheckServiceNode {
    let service = NodeService(
        id: "i\(port)", service: "web", address: address, taggedAddresses: wan.map { ["wan": $0] }, port: port,
        weights: weights)
    return CheckServiceNode(node: node, service: service, checks: [HealthCheck(status: status)])
}

/// Plans a question, answers its requests and renders; nil when nothing is sent.
func ask(
    _ packet: [UInt8], _ transport: DNSTransport, context: DNSContext = DNSContext(datacenter: "dc1"),
    seed: UInt64 = 1, _ answer: (Request) -> Result<Response, FederationError>
) -> Answer? {
    guard let frontEnd = DNSFrontEnd(context: context) else { return nil }
    var random = SeededRandom(seed: seed)
    switch frontEnd.plan(packet, transport) {
    case .drop, .recurse, .verdict: return nil
    case .respond(let bytes): return Answer(bytes)
    case .query(let requests, let rendering):
        return Answer(frontEnd.render(rendering, requests.map(answer), random: &random))
    }
}

/// The same over UDP.
func ask(
    _ packet: [UInt8], context: DNSContext = DNSContext(datacenter: "dc1"), seed: UInt64 = 1,
    _ answer: (Request) -> Result<Response, FederationError> = { _ in .failure(.denied) }
) -> Answer? {
    ask(packet, .udp, context: context, seed: seed, answer)
}

/// Of an answer from who knows a leader, and so may say what does not exist.
let ledMeta = QueryMeta(index: 1, knownLeader: true)

func rows(_ rows: [CheckServiceNode]) -> (Request) -> Result<Response, FederationError> {
    { _ in .success(.checkServiceNodes(IndexedCheckServiceNodes(nodes: rows, meta: ledMeta))) }
}
