import WireFormat

/// One request or response: a header and the bytes of its body, not yet decoded.
struct RPCMessage: Equatable, Sendable {
    var header: RPCHeader
    var body: [UInt8]
    /// Header and body on the wire.
    var byteCount: Int
}

/// Takes header and body objects from one stream. Frame boundaries mean nothing: a message may come one byte at a time,
/// or several in one piece.
struct MessageReader: Sendable {
    /// Buffers up to this size are kept for the stream's next message: small calls then allocate once per stream, and
    /// thousands of idle streams stay cheap.
    private static let maxKeptBytes = 1024

    private var buffer: [UInt8] = []
    /// Where the object being read begins.
    private var start = 0
    private var scanner = ObjectScanner()
    /// Most messages come in one piece: only of others a header waits, and it is larger than all the rest.
    private var header: Header?

    private final class Header: Sendable {
        let value: RPCHeader
        let byteCount: Int

        init(_ value: RPCHeader, byteCount: Int) {
            self.value = value
            self.byteCount = byteCount
        }
    }

    /// Bytes held and not yet delivered.
    var bufferedCount: Int { buffer.count - start + (header?.byteCount ?? 0) }

    mutating func append(_ bytes: [UInt8], _ range: Range<Int>) {
        if !range.isEmpty { buffer.append(contentsOf: bytes[range]) }
    }

    /// - Parameter range: of `bytes`, what has just arrived.
    /// - Returns: the next whole message, nil when more bytes are needed.
    mutating func next(
        _ bytes: [UInt8], _ range: Range<Int>, maxHeaderBytes: Int, maxBodyBytes: Int
    ) throws(WireError) -> RPCMessage? {
        if buffer.isEmpty && header == nil && !range.isEmpty,
            let message = try Self.whole(bytes, range, maxHeaderBytes: maxHeaderBytes, maxBodyBytes: maxBodyBytes)
        {
            append(bytes, range.lowerBound + message.byteCount..<range.upperBound)
            return message
        }
        append(bytes, range)
        return try next(maxHeaderBytes: maxHeaderBytes, maxBodyBytes: maxBodyBytes)
    }

    /// A message that lies there whole is read where it lies.
    private static func whole(
        _ bytes: [UInt8], _ range: Range<Int>, maxHeaderBytes: Int, maxBodyBytes: Int
    ) throws(WireError) -> RPCMessage? {
        let start = range.lowerBound
        var scanner = ObjectScanner()
        let end = range.upperBound
        guard let headerCount = try scanner.length(in: bytes, from: start, to: end, maxBytes: maxHeaderBytes) else {
            return nil
        }
        scanner = ObjectScanner()
        let body = start + headerCount
        guard let bodyCount = try scanner.length(in: bytes, from: body, to: end, maxBytes: maxBodyBytes) else {
            return nil
        }
        var reader = MessagePackReader(bytes, from: start, to: body)
        let header = try RPCHeader(decoding: &reader)
        return RPCMessage(
            header: header, body: Array(bytes[body..<body + bodyCount]), byteCount: headerCount + bodyCount)
    }

    private mutating func next(maxHeaderBytes: Int, maxBodyBytes: Int) throws(WireError) -> RPCMessage? {
        if header == nil {
            guard let count = try scanner.length(in: buffer, from: start, maxBytes: maxHeaderBytes) else { return nil }
            var reader = MessagePackReader(buffer, from: start, to: start + count)
            header = Header(try RPCHeader(decoding: &reader), byteCount: count)
            start += count
            scanner = ObjectScanner()
        }
        guard let count = try scanner.length(in: buffer, from: start, maxBytes: maxBodyBytes),
            let header = header.take()
        else { return nil }
        let body = Array(buffer[start..<start + count])
        start += count
        scanner = ObjectScanner()
        if start == buffer.count {
            start = 0
            if buffer.capacity > Self.maxKeptBytes { buffer = [] } else { buffer.removeAll(keepingCapacity: true) }
        } else if start > buffer.count / 2 {
            buffer.removeFirst(start)
            start = 0
        }
        return RPCMessage(header: header.value, body: body, byteCount: header.byteCount + count)
    }
}
