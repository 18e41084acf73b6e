/// Reads one HTTP/1.1 response from the bytes of a connection that closes after it.
struct HTTPAnswerParser {
    private var bytes: [UInt8] = []
    private var head: (answer: HTTPAnswer, bodyStart: Int)?
    private let answersHead: Bool

    init(answersHead: Bool) { self.answersHead = answersHead }

    /// - Parameter more: empty at the end of the stream.
    /// - Returns: the answer once it is whole.
    mutating func take(_ more: [UInt8]) throws(HTTPClientError) -> HTTPAnswer? {
        guard bytes.count + more.count <= SocketHTTPClient.maxAnswerBytes else {
            throw .noAnswer("the answer is larger than \(SocketHTTPClient.maxAnswerBytes) bytes")
        }
        bytes += more
        let atEnd = more.isEmpty
        if head == nil { try readHead() }
        guard let (parsed, start) = head else {
            if atEnd { throw .noAnswer("the connection closed before an answer") }
            return nil
        }
        var answer = parsed
        if answersHead || answer.status == 204 || answer.status == 304 { return answer }
        let body = bytes[start...]
        if answer.header("transfer-encoding")?.lowercased() == "chunked" {
            guard let whole = try Self.unchunk(body) else {
                if atEnd { throw .noAnswer("the connection closed within the answer") }
                return nil
            }
            answer.body = whole
            return answer
        }
        if let length = answer.header("content-length").flatMap({ Int($0) }), length >= 0 {
            guard body.count >= length else {
                if atEnd { throw .noAnswer("the connection closed within the answer") }
                return nil
            }
            answer.body = Array(body.prefix(length))
            return answer
        }
        guard atEnd else { return nil }
        answer.body = Array(body)
        return answer
    }

    private mutating func readHead() throws(HTTPClientError) {
        let mark: [UInt8] = [13, 10, 13, 10]
        guard let end = Self.find(mark, in: bytes[...]) else {
            if bytes.count > 64 << 10 { throw .noAnswer("the head of the answer is longer than 64 KiB") }
            return
        }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw .noAnswer("the answer is not HTTP")
        }
        var answer = HTTPAnswer(status: status)
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            answer.headers.append((line[..<colon].lowercased(), String(value)))
        }
        if status == 100 {
            bytes.removeSubrange(..<(end + 4))
            return try readHead()
        }
        head = (answer, end + 4)
    }

    private static func unchunk(_ body: ArraySlice<UInt8>) throws(HTTPClientError) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = body
        while let end = find([13, 10], in: rest) {
            let digits = String(decoding: rest[rest.startIndex..<end], as: UTF8.self).prefix { $0.isHexDigit }
            guard let size = Int(digits, radix: 16), size <= SocketHTTPClient.maxAnswerBytes else {
                throw .noAnswer("a chunk of the answer has no size")
            }
            let data = rest[(end + 2)...]
            guard data.count >= size + 2 else { return nil }
            if size == 0 { return result }
            result += data.prefix(size)
            rest = data.dropFirst(size + 2)
        }
        return nil
    }

    private static func find(_ mark: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= mark.count else { return nil }
        return (bytes.startIndex...(bytes.endIndex - mark.count)).first {
            bytes[$0..<($0 + mark.count)].elementsEqual(mark)
        }
    }
}
