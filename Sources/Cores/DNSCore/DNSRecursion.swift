package import FederationModel

/// A question about a domain that is not ours, on its way to a recursor. Pure: the shell sends, waits and repeats.
package struct DNSRecursion: Equatable, Sendable {
    package let transport: DNSTransport
    private let packet: [UInt8]
    let query: DNSQuery

    init(_ packet: [UInt8], _ query: DNSQuery, _ transport: DNSTransport) {
        self.packet = packet
        self.query = query
        self.transport = transport
    }

    /// As it came, under a number of our own: whoever guesses the asker's number must not be able to answer.
    package func question(id: UInt16) -> [UInt8] {
        [UInt8(id >> 8), UInt8(id & 0xFF)] + packet.dropFirst(2)
    }

    /// Whether a message answers the question that was sent under `id` (RFC 5452 §9.1).
    package func isAnswer(_ message: [UInt8], id: UInt16) -> Bool {
        let end = questionEnd
        guard message.count >= end, packet.count >= end, message[2] & 0x80 != 0 else { return false }
        guard UInt16(message[0]) << 8 | UInt16(message[1]) == id, message[4] == 0, message[5] == 1 else { return false }
        return zip(message[12..<end], packet[12..<end]).allSatisfy { Self.folded($0) == Self.folded($1) }
    }

    /// Whether an answer settles the question: another recursor may know what this one could not find out.
    package func isSettled(by message: [UInt8]) -> Bool {
        let code = message[3] & 15
        return code == DNSCode.noError.rawValue || code == DNSCode.noSuchDomain.rawValue
    }

    /// Header and the one question.
    var questionEnd: Int { 12 + query.question.name.wire.count + 4 }

    private static func folded(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}

extension DNSFrontEnd {
    /// What a recursor is asked when nothing of ours answers a reverse lookup.
    package func recursion(_ rendering: DNSRendering, _ results: [Result<Response, FederationError>]) -> DNSRecursion? {
        guard case .pointer(let address) = rendering.kind, let recursion = rendering.recursion,
            pointerName(address, results) == nil
        else { return nil }
        return recursion
    }

    /// A recursor's answer for the asker: under its number, and never longer than it takes.
    package func relay(_ message: [UInt8], for recursion: DNSRecursion) -> [UInt8] {
        var message = message
        if message.count > limit(recursion.query, recursion.transport) {
            message.removeSubrange(recursion.questionEnd...)
            message[2] |= 0x02
            for index in 6..<12 { message[index] = 0 }
        }
        message[0] = UInt8(recursion.query.id >> 8)
        message[1] = UInt8(recursion.query.id & 0xFF)
        return message
    }

    /// No recursor settled it.
    package func unanswered(_ recursion: DNSRecursion) -> [UInt8] {
        finish(
            recursion.query, DNSResponse(code: .serverFailure, isAuthoritative: false), recursion.transport)
    }
}
