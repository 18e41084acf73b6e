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
        if context.hasRecursors { response.isRecursionAvailable = true }
        let limit = limit(query, transport)
        query.edns = shown(query.edns)
        let count = response.units.count
        var isTruncated = false
        let most = mostAnswers(isLimited: response.isLimited, transport, limit: limit)
        response.units.removeSubrange(min(most, count)...)
        if response.units.count < count && context.enableTruncate { isTruncated = true }
        if let message = message(query, response, isTruncated: isTruncated, limit: limit) { return message }
        return fitted(query, response, limit)
    }

    /// What we say we take is what we would send.
    func shown(_ edns: DNSExtension?) -> DNSExtension? {
        guard var edns else { return nil }
        edns.payloadBytes = min(UInt16(Self.maxDatagramBytes), edns.payloadBytes)
        return edns
    }

    /// - Parameter limit: bytes of the message.
    func mostAnswers(isLimited: Bool, _ transport: DNSTransport, limit: Int) -> Int {
        guard isLimited && transport == .udp && limit == Self.plainBytes else { return Self.maxAnswers }
        return max(1, min(Self.maxPlainAnswers, context.udpAnswerLimit))
    }

    private func message(
        _ query: DNSQuery, _ response: DNSResponse, isTruncated: Bool, limit: Int
    ) -> [UInt8]? {
        DNSWriter.message(
            query, response, isTruncated: isTruncated, limit: limit, isCompressed: context.compressesNames)
    }

    func limit(_ query: DNSQuery, _ transport: DNSTransport) -> Int {
        switch transport {
        case .tcp: Self.maxMessageBytes
        case .udp: min(Self.maxDatagramBytes, max(Self.plainBytes, Int(query.edns?.payloadBytes ?? 0)))
        }
    }

    /// The longest run of answers that fits, found by halving. When not one fits with what goes along, that is
    /// dropped, and the message marked as truncated whatever the configuration says.
    private func fitted(_ query: DNSQuery, _ whole: DNSResponse, _ limit: Int) -> [UInt8] {
        var response = whole
        var best: [UInt8]?
        var fits = 0
        var tooMany = whole.units.count
        while tooMany - fits > 1 {
            let middle = (fits + tooMany) / 2
            response.units = Array(whole.units.prefix(middle))
            let isTruncated = context.enableTruncate
            if let message = message(query, response, isTruncated: isTruncated, limit: limit) {
                best = message
                fits = middle
            } else {
                tooMany = middle
            }
        }
        if let best { return best }
        response.additional = []
        response.authority = []
        response.units = whole.units.prefix(1).map { DNSResponse.Unit(answer: $0.answer) }
        if let message = message(query, response, isTruncated: true, limit: limit) { return message }
        response.units = []
        return message(query, response, isTruncated: true, limit: Self.maxMessageBytes) ?? []
    }
}
