import FederationModel
import Glibc
import NIOCore

/// A request that came before on this loop, byte by byte the same from the same address: clients that poll say the
/// same words each time. Its bytes are not read again, and its last answer may be sent again.
///
/// `@unchecked Sendable`: touched on the loop of the connections that share it alone; elsewhere it is only carried.
package final class RepeatedRequest: @unchecked Sendable {
    /// What the last answer was, ready to be sent but for its date.
    struct Answer {
        var buffer: ByteBuffer
        /// Where the date's text begins in `buffer`.
        let dateIndex: Int
        /// The second that the date says.
        var second: Int
        let status: Int
        /// The body as it was sent, encoded when the caller takes that.
        let body: ByteBuffer
        let isEncoded: Bool
    }

    let bytes: [UInt8]
    let client: IPAddress?
    let method: String
    let uri: String
    let headers: [(name: String, value: String)]
    let isHead: Bool
    let isKeptAlive: Bool
    let isOldVersion: Bool
    let acceptsGzip: Bool
    var answer: Answer?
    /// What the listener's handler remembers of the request; it is thrown away with it.
    package var memory: AnyObject?

    init(
        bytes: [UInt8], client: IPAddress?, method: String, uri: String, headers: [(name: String, value: String)],
        isHead: Bool, isKeptAlive: Bool, isOldVersion: Bool, acceptsGzip: Bool
    ) {
        self.bytes = bytes
        self.client = client
        self.method = method
        self.uri = uri
        self.headers = headers
        self.isHead = isHead
        self.isKeptAlive = isKeptAlive
        self.isOldVersion = isOldVersion
        self.acceptsGzip = acceptsGzip
    }
}

/// What a listener's handler says of a request that came before.
package enum HTTPRecall {
    /// It has to be answered anew.
    case unknown
    /// The last answer still holds.
    case same
    /// Its body does, under these headers.
    case headers([(name: String, value: String)])
}

/// The requests that come again and again on one loop of a listener, found by their bytes.
///
/// `@unchecked Sendable`: used on one loop alone, that of the connections it is given to.
final class RequestMemory: @unchecked Sendable {
    /// A poll of a client library has 150 to 400 bytes.
    static let maxRequestBytes = 1024
    /// Questions that some hundred programs on a machine poll. When a limit is met all are forgotten: those that come
    /// again are soon known again, and nothing has to be counted in between.
    static let maxCount = 512
    /// Of all answers kept on a loop; 2 loops keep as much as a quarter of an idle server has.
    static let maxBytes = 4 << 20
    /// A list of some 2,000 instances. Sending more costs far more than making it.
    static let maxAnswerBytes = 2 << 20

    private var known: [Int: RepeatedRequest] = [:]
    /// What never comes again is not kept.
    private var seen = FirstSightings()
    private var byteCount = 0

    /// The request of these bytes, when there is one.
    func find(_ buffer: ByteBuffer, from client: IPAddress?) -> RepeatedRequest? {
        guard buffer.readableBytes <= Self.maxRequestBytes, !known.isEmpty else { return nil }
        return buffer.withUnsafeReadableBytes { bytes in
            guard let found = known[Self.hash(bytes)], found.bytes.count == bytes.count, found.client == client,
                let base = bytes.baseAddress, memcmp(found.bytes, base, bytes.count) == 0
            else { return nil }
            return found
        }
    }

    /// Keeps a request when it comes for the second time; one that has just been looked for in vain.
    /// - Parameter make: the request of these bytes.
    func admit(_ buffer: ByteBuffer, _ make: ([UInt8]) -> RepeatedRequest) -> RepeatedRequest? {
        guard buffer.readableBytes <= Self.maxRequestBytes else { return nil }
        return buffer.withUnsafeReadableBytes { bytes in
            let hash = Self.hash(bytes)
            guard seen.sees(hash) else { return nil }
            let request = make(Array(bytes))
            makeRoom(for: 0)
            known[hash] = request
            return request
        }
    }

    /// - Returns: false when it is too long to be kept.
    func mayKeep(_ byteCount: Int) -> Bool {
        guard byteCount <= Self.maxAnswerBytes else { return false }
        makeRoom(for: byteCount)
        return true
    }

    private func makeRoom(for count: Int) {
        byteCount += count
        guard byteCount > Self.maxBytes || known.count >= Self.maxCount else { return }
        // Connections may still hold them for the answer under way.
        for request in known.values { request.answer = nil }
        known = [:]
        byteCount = count
    }

    private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: bytes)
        return hasher.finalize()
    }
}

/// Requests that can be known by their bytes alone.
extension RequestMemory {
    /// Whether these bytes are one whole request without a body, to its end and no further (RFC 9112 §2.1): every line
    /// feed follows a carriage return, and the first empty line is the last.
    static func isWhole(_ buffer: ByteBuffer) -> Bool {
        buffer.withUnsafeReadableBytes { bytes in
            guard bytes.count > 4 else { return false }
            var lineLength = 0
            for (index, byte) in bytes.enumerated() {
                switch byte {
                case UInt8(ascii: "\n"):
                    guard index > 0, bytes[index - 1] == UInt8(ascii: "\r") else { return false }
                    // Nothing but the carriage return.
                    if lineLength == 1 { return index == bytes.count - 1 && index > 1 }
                    lineLength = 0
                default: lineLength += 1
                }
            }
            return false
        }
    }

    /// Whether these bytes end as a head does.
    static func endsHead(_ buffer: ByteBuffer) -> Bool {
        guard buffer.readableBytes >= 4 else { return false }
        return buffer.getInteger(at: buffer.writerIndex - 4, as: UInt32.self) == 0x0D0A_0D0A
    }
}
