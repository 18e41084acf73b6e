import CZlib
package import FederationModel
import Glibc

extension GzipCodec {
    /// Expanded streams are refused beyond this: four times the largest state that one request can carry back.
    private static let maxUnpackedBytes = 64 << 20

    package static let zlib = GzipCodec(
        pack: { bytes in
            let capacity = czlib_gzip_bound(bytes.count)
            let packed = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                count = czlib_gzip(bytes, bytes.count, buffer.baseAddress, capacity)
            }
            return packed.isEmpty ? nil : packed
        },
        unpack: { bytes throws(Problem) in
            if bytes.isEmpty { throw Problem("EOF") }
            if bytes.count < 10 { throw Problem("unexpected EOF") }
            guard bytes[0] == 0x1F, bytes[1] == 0x8B else { throw Problem("gzip: invalid header") }
            var out: UnsafeMutablePointer<UInt8>?
            var count = 0
            switch czlib_gunzip(bytes, bytes.count, maxUnpackedBytes, &out, &count) {
            case CZLIB_DONE:
                defer { free(out) }
                return Array(UnsafeBufferPointer(start: out, count: count))
            case CZLIB_TRUNCATED: throw Problem("unexpected EOF")
            case CZLIB_TOO_LARGE: throw Problem("more than \(maxUnpackedBytes) bytes when unpacked")
            default: throw Problem("gzip: invalid checksum")
            }
        })
}
