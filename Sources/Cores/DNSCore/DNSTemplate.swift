package import Determinism
package import FederationModel

/// The answer to a question about the addresses of a service, but for the question's number and the order of the
/// records: what is the same each time the question comes while the data stays. Only answers whose records have one
/// length and go alone, as addresses do; others are made anew each time.
package struct DNSTemplate: Sendable {
    /// Header from its flags on, and the question.
    private let head: [UInt8]
    /// All records, one behind the other.
    private let records: [UInt8]
    private let recordBytes: Int
    /// Records in one answer.
    private let givenCount: Int
    /// The OPT record.
    private let tail: [UInt8]
    /// The records in the order last drawn.
    private var order: [Int32]

    /// The bytes of an answer, its number included.
    package var byteCount: Int { 2 + head.count + givenCount * recordBytes + tail.count }

    /// Writes the answer; `output` has room for `byteCount` bytes.
    /// - Parameter random: draws the order of the records, so that clients spread.
    package mutating func write(
        id: UInt16, to output: UnsafeMutableRawBufferPointer, random: inout SeededRandom
    ) {
        precondition(output.count >= byteCount, "room for \(output.count) of \(byteCount) bytes")
        output[0] = UInt8(id >> 8)
        output[1] = UInt8(id & 0xFF)
        var place = 2
        func put(_ bytes: UnsafeRawBufferPointer) {
            UnsafeMutableRawBufferPointer(rebasing: output[place...]).copyMemory(from: bytes)
            place += bytes.count
        }
        head.withUnsafeBytes { put($0) }
        records.withUnsafeBytes { records in
            for index in 0..<givenCount {
                // The first places of a shuffled deck, drawn one by one (Fisher-Yates).
                if order.count > 1 && index < order.count - 1 {
                    order.swapAt(index, Int.random(in: index..<order.count, using: &random))
                }
                let start = Int(order[index]) * recordBytes
                put(UnsafeRawBufferPointer(rebasing: records[start..<(start + recordBytes)]))
            }
        }
        tail.withUnsafeBytes { put($0) }
    }

    /// - Parameters:
    ///   - message: with all records.
    ///   - isTruncated: the answer leaves records out, and says so.
    fileprivate init?(_ message: [UInt8], _ query: DNSQuery, count: Int, given: Int, isTruncated: Bool) {
        let start = 12 + query.question.name.wire.count + 4
        let end = message.count - (query.edns.map { 11 + $0.clientSubnet.count } ?? 0)
        guard count > 0, given <= count, end > start, (end - start).isMultiple(of: count) else { return nil }
        recordBytes = (end - start) / count
        records = Array(message[start..<end])
        tail = Array(message[end...])
        var head = Array(message[2..<start])
        if isTruncated { head[0] |= 0x02 }
        head[4] = UInt8(given >> 8)
        head[5] = UInt8(given & 0xFF)
        self.head = head
        givenCount = given
        order = (0..<Int32(count)).map { $0 }
    }
}

extension DNSFrontEnd {
    /// - Parameter response: of the one request that the question was planned as.
    /// - Returns: nil for questions and answers that are made anew each time.
    package func template(_ rendering: DNSRendering, _ response: Response) -> DNSTemplate? {
        guard rendering.transport == .udp, case .service(let name) = rendering.kind,
            case .checkServiceNodes(let body) = response,
            rendering.query.question.type == .a || rendering.query.question.type == .aaaa
        else { return nil }
        let rows = healthy(body.nodes ?? [])
        guard !rows.isEmpty, rows.count <= Self.maxDatagramInstances else { return nil }
        var records: [DNSRecord] = []
        var seen: Set<DNSRecord> = []
        for row in rows {
            let own = addresses([row], ttl: context.ttl(ofService: name), rendering, DNSAliases())
            // Two instances with one address are drawn twice and shown once: that is no shuffled deck.
            guard own.count == 1, let record = own.first?.answer, record.type == rendering.query.question.type,
                seen.insert(record).inserted
            else { return nil }
            records.append(record)
        }
        return template(rendering, records)
    }

    private func template(_ rendering: DNSRendering, _ records: [DNSRecord]) -> DNSTemplate? {
        var query = rendering.query
        let offered = context.aRecordLimit > 0 ? min(context.aRecordLimit, records.count) : records.count
        let limit = limit(query, .udp)
        let given = min(offered, mostAnswers(isLimited: true, .udp, limit: limit))
        query.edns = shown(query.edns)
        var response = DNSResponse(isLimited: true)
        response.isRecursionAvailable = context.hasRecursors
        response.units = records.map { DNSResponse.Unit(answer: $0) }
        let isTruncated = given < offered && context.enableTruncate
        guard
            let message = DNSWriter.message(
                query, response, isTruncated: false, limit: Self.maxMessageBytes,
                isCompressed: context.compressesNames),
            let template = DNSTemplate(message, query, count: records.count, given: given, isTruncated: isTruncated),
            template.byteCount <= limit
        else { return nil }
        return template
    }
}
