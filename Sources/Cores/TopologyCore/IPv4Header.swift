/// The fields of an IPv4 header (RFC 791 §3.1) that forwarding needs.
struct IPv4Header: Equatable {
    static let tcp: UInt8 = 6

    var source: UInt32
    var destination: UInt32
    var networkProtocol: UInt8

    /// - Returns: nil unless the packet is a whole IPv4 packet.
    init?(_ packet: [UInt8]) {
        guard packet.count >= 20, packet[0] >> 4 == 4 else { return nil }
        let headerBytes = Int(packet[0] & 15) * 4
        let totalBytes = Int(packet[2]) << 8 | Int(packet[3])
        guard headerBytes >= 20, headerBytes <= totalBytes, totalBytes == packet.count else { return nil }
        func address(_ place: Int) -> UInt32 { packet[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        source = address(12)
        destination = address(16)
        networkProtocol = packet[9]
    }

    /// - Returns: nil unless the text is four numbers of 0...255.
    static func address(_ text: String) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let part else { return nil }
            address = address << 8 | UInt32(part)
        }
        return address
    }
}
