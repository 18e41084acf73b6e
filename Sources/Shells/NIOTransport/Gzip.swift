import CZlib
import NIOPosix

/// Encodes answers for callers that take gzip. One encoder for each thread: it has some 260 KiB of memory, which
/// cost more to make than a small answer to encode.
///
/// `@unchecked Sendable`: an instance is reached by the variable of its thread alone.
final class Gzip: @unchecked Sendable {
    private static let ofThread = ThreadSpecificVariable<Gzip>()
    /// Fast: answers go to neighbours, and the agent's time is dearer than their bytes.
    private static let level: Int32 = 1
    /// zlib counts in 32 bits.
    private static let maxBytes = 1 << 30

    private let encoder: OpaquePointer

    private init?() {
        guard let encoder = czlib_encoder_new(Self.level) else { return nil }
        self.encoder = encoder
    }

    deinit { czlib_encoder_free(encoder) }

    /// - Returns: nil when it cannot be encoded: it is then sent as it is.
    static func encode(_ body: [UInt8]) -> [UInt8]? {
        guard !body.isEmpty, body.count <= maxBytes else { return nil }
        if ofThread.currentValue == nil { ofThread.currentValue = Gzip() }
        return ofThread.currentValue?.encode(body)
    }

    private func encode(_ body: [UInt8]) -> [UInt8]? {
        let bound = czlib_encoder_bound(encoder, body.count)
        let encoded = [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            count = body.withUnsafeBufferPointer { input in
                czlib_encoder_encode(encoder, input.baseAddress, input.count, output.baseAddress, bound)
            }
        }
        return encoded.isEmpty ? nil : encoded
    }

    /// Whether a request's `Accept-Encoding` names gzip with a weight above 0 (RFC 9110 §12.5.3).
    static func isAccepted(_ header: String) -> Bool {
        header.split(separator: ",").contains { part in
            let fields = part.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
            guard fields.first == "gzip" else { return false }
            return !fields.dropFirst().contains { $0.hasPrefix("q=0") && !$0.contains { "123456789".contains($0) } }
        }
    }
}
