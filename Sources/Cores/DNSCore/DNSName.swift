/// A domain name as on the wire: labels of 1...63 bytes, each after its length, and a zero; at most 255 bytes
/// (RFC 1035 §3.1).
struct DNSName: Hashable, Sendable {
    let wire: [UInt8]

    static let maxBytes = 255
    static let maxLabelBytes = 63
    static let root = DNSName(uncheckedWire: [0])

    private init(uncheckedWire wire: [UInt8]) { self.wire = wire }

    /// - Returns: nil for a label that is empty or too long, and for a name that is too long.
    init?(labels: some Sequence<ArraySlice<UInt8>>) {
        var wire: [UInt8] = []
        for label in labels {
            guard !label.isEmpty, label.count <= Self.maxLabelBytes else { return nil }
            wire.append(UInt8(label.count))
            wire += label
        }
        wire.append(0)
        guard wire.count <= Self.maxBytes else { return nil }
        self.wire = wire
    }

    /// `web.service.consul`, with or without a dot at its end.
    init?(_ text: String) {
        var bytes = Array(text.utf8)[...]
        if bytes.last == UInt8(ascii: ".") { bytes = bytes.dropLast() }
        guard !bytes.isEmpty else {
            self = .root
            return
        }
        self.init(labels: bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false))
    }

    /// The name in front of another: `ns` + `consul`.
    func prefixed(by text: String) -> DNSName? {
        guard let prefix = DNSName(text) else { return nil }
        let joined = prefix.wire.dropLast() + wire
        return joined.count <= Self.maxBytes ? DNSName(uncheckedWire: Array(joined)) : nil
    }

    /// ASCII letters in lower case: names compare without regard to case (RFC 4343).
    var lowercased: DNSName {
        DNSName(uncheckedWire: wire.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 })
    }

    /// The labels as text, the first first.
    var labels: [String] {
        var labels: [String] = []
        var index = 0
        while index < wire.count, wire[index] != 0 {
            let end = index + 1 + Int(wire[index])
            guard end <= wire.count else { break }
            labels.append(String(decoding: wire[(index + 1)..<end], as: UTF8.self))
            index = end
        }
        return labels
    }

    /// The labels in front of `domain`; nil when the name does not end in it. Both in lower case.
    func labels(below domain: DNSName) -> [String]? {
        let own = labels
        let other = domain.labels
        guard own.count >= other.count, own.suffix(other.count).elementsEqual(other) else { return nil }
        return Array(own.dropLast(other.count))
    }
}

extension DNSName: CustomStringConvertible {
    var description: String { labels.joined(separator: ".") + "." }
}
