import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1

extension HTTPAnswer {
    private static let allowsBody: @Sendable (Int) -> Bool = { $0 >= 200 && $0 != 204 && $0 != 304 }

    /// Status line, headers and body in one buffer (RFC 9112).
    /// - Parameters:
    ///   - isHead: the request was HEAD: the length is told, the body is not sent.
    ///   - connection: `close`, `keep-alive` or nothing.
    func write(into buffer: inout ByteBuffer, isHead: Bool, connection: StaticString?) {
        writeHead(into: &buffer, bodyBytes: body.count, connection: connection)
        if Self.allowsBody(status) && !isHead { buffer.writeBytes(body) }
    }

    /// All of it but the body.
    func writeHead(into buffer: inout ByteBuffer, bodyBytes: Int, connection: StaticString?) {
        writeStart(into: &buffer)
        if Self.allowsBody(status) {
            buffer.writeStaticString("\r\nContent-Length: ")
            buffer.writeString(String(bodyBytes))
        }
        if let connection {
            buffer.writeStaticString("\r\nConnection: ")
            buffer.writeStaticString(connection)
        }
        buffer.writeStaticString("\r\n\r\n")
    }

    /// The head of an answer whose length nobody knows: in chunks, or until the connection ends for HTTP/1.0.
    func writeHead(into buffer: inout ByteBuffer, isChunked: Bool) {
        writeStart(into: &buffer)
        if isChunked { buffer.writeStaticString("\r\nTransfer-Encoding: chunked") }
        buffer.writeStaticString("\r\nConnection: close\r\n\r\n")
    }

    /// Status line and headers up to the date's value.
    private func writeStart(into buffer: inout ByteBuffer) {
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(String(status))
        buffer.writeStaticString(" ")
        buffer.writeString(HTTPResponseStatus(statusCode: status).reasonPhrase)
        buffer.writeStaticString("\r\n")
        for (name, value) in headers {
            buffer.writeString(name)
            buffer.writeStaticString(": ")
            // A line break in a value would begin another header.
            if value.utf8.contains(where: { $0 < 32 }) {
                buffer.writeBytes(value.utf8.map { $0 < 32 ? UInt8(ascii: " ") : $0 })
            } else {
                buffer.writeString(value)
            }
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("Date: ")
        buffer.writeString(HTTPDate.now)
    }

    /// In gzip, for a caller that takes it; as it is when that is not possible.
    var encoded: HTTPAnswer {
        guard Self.allowsBody(status), !headers.contains(where: { $0.name == "Content-Encoding" }),
            let body = Gzip.encode(body)
        else { return self }
        var answer = self
        answer.body = body
        answer.headers.append((name: "Content-Encoding", value: "gzip"))
        return answer
    }
}

extension RepeatedRequest {
    /// What the Connection header of its answers says.
    var connection: StaticString? { !isKeptAlive ? "close" : isOldVersion ? "keep-alive" : nil }

    /// - Parameter buffer: the answer as it is sent.
    func keep(_ answer: HTTPAnswer, _ buffer: ByteBuffer) {
        guard let bodyIndex = HTTPAnswer.bodyIndex(buffer), let dateIndex = HTTPAnswer.dateIndex(buffer, bodyIndex)
        else { return }
        let body = buffer.getSlice(at: bodyIndex, length: buffer.writerIndex - bodyIndex) ?? ByteBuffer()
        self.answer = Answer(
            buffer: buffer, dateIndex: dateIndex, second: HTTPDate.second, status: answer.status,
            body: isHead ? ByteBuffer(bytes: answer.body) : body,
            isEncoded: answer.headers.last?.name == "Content-Encoding")
    }

    /// The last answer with the date of now.
    func dated() -> ByteBuffer? {
        let second = HTTPDate.second
        if let last = answer?.second, last != second, let dateIndex = answer?.dateIndex {
            answer?.buffer.setString(HTTPDate.now, at: dateIndex)
            answer?.second = second
        }
        return answer?.buffer
    }
}

extension HTTPAnswer {
    /// Behind the empty line.
    fileprivate static func bodyIndex(_ buffer: ByteBuffer) -> Int? {
        let bytes = buffer.readableBytesView
        var index = bytes.startIndex
        while let lineEnd = bytes[index...].firstIndex(of: UInt8(ascii: "\n")) {
            if lineEnd == index + 1 { return lineEnd + 1 }
            index = lineEnd + 1
        }
        return nil
    }

    /// The text of the Date header, the last line that begins so: those before it may be an operator's.
    fileprivate static func dateIndex(_ buffer: ByteBuffer, _ bodyIndex: Int) -> Int? {
        let bytes = buffer.readableBytesView
        let name = Array("\nDate: ".utf8)
        var index = bodyIndex - name.count
        while index > bytes.startIndex {
            if bytes[index..<(index + name.count)].elementsEqual(name) { return index + name.count }
            index -= 1
        }
        return nil
    }
}

/// The Date header's text (RFC 9110 §5.6.7), made once a second.
enum HTTPDate {
    private static let last = NIOLockedValueBox((second: time_t(-1), text: ""))

    static var second: Int { time(nil) }

    static var now: String {
        let second = time(nil)
        return last.withLockedValue { last in
            if last.second != second { last = (second, text(second)) }
            return last.text
        }
    }

    private static func text(_ second: time_t) -> String {
        var second = second
        var parts = tm()
        gmtime_r(&second, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let date = "\(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900)"
        let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        return "\(days[Int(parts.tm_wday)]), \(date) \(clock) GMT"
    }
}
