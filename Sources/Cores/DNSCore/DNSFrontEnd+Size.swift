/// Cutting answers to what the asker takes.
extension DNSFrontEnd {
    /// UDP without EDNS (RFC 1035 §4.2.1).
    static let plainBytes = 512
    /// The most a UDP answer ever has, whatever the asker claims to take: what fits unfragmented is not much less, and
    /// a forged source gets at most this for its question.
    static let maxDatagramBytes = 4096
    static let maxMessageBytes = 65535
    /// Consul's bound of `udp_answer_limit`.
    private static let maxPlainAnswers = 8
    /// Answers considered at all over TCP: 4,096 smallest records fill a message.
    private static let maxAnswers = 4096

    /// The message, with answers dropped from the end until it fits.
    func finish(_ query: DNSQuery, _ response: DNSResponse, _ transport: DNSTransport) -> [UInt8] {
        var query = query
        var response = response
        let limit = limit(query, transport)
        if var edns = query.edns {
            edns.payloadBytes = min(UInt16(Self.maxDatagramBytes), edns.payloadBytes)
            query.edns = edns
        }
        let count = response.units.count
        var most = Self.maxAnswers
        if transport == .udp && limit == Self.plainBytes {
            most = max(1, min(Self.maxPlainAnswers, context.udpAnswerLimit))
        }
        response.units.removeSubrange(min(most, count)...)
        var message = DNSWriter.message(query, response, isTruncated: false)
        if message.count > limit {
            message = fitted(query, &response, limit)
        }
        guard response.units.count < count && context.enableTruncate else { return message }
        message[2] |= 0x02
        return message
    }

    private func limit(_ query: DNSQuery, _ transport: DNSTransport) -> Int {
        switch transport {
        case .tcp: Self.maxMessageBytes
        case .udp:
            min(Self.maxDatagramBytes, max(Self.plainBytes, Int(query.edns?.payloadBytes ?? 0)))
        }
    }

    /// The longest run of answers that fits, found by halving; then what goes along is dropped, truncated as a sign.
    private func fitted(_ query: DNSQuery, _ response: inout DNSResponse, _ limit: Int) -> [UInt8] {
        let all = response.units
        var fits = 0
        var tooMany = all.count + 1
        while tooMany - fits > 1 {
            let middle = (fits + tooMany) / 2
            response.units = Array(all.prefix(middle))
            if DNSWriter.message(query, response, isTruncated: false).count <= limit {
                fits = middle
            } else {
                tooMany = middle
            }
        }
        response.units = Array(all.prefix(fits))
        let message = DNSWriter.message(query, response, isTruncated: false)
        if message.count <= limit && (fits > 0 || all.isEmpty) { return message }
        // Not one answer fits with what goes along: without it perhaps.
        response.additional = []
        response.authority = []
        response.units = all.prefix(1).map { DNSResponse.Unit(answer: $0.answer) }
        let bare = DNSWriter.message(query, response, isTruncated: true)
        if bare.count <= limit { return bare }
        response.units = []
        return DNSWriter.message(query, response, isTruncated: true)
    }
}
