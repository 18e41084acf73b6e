package import FederationModel
import WireFormat

/// The coordinate an ack to a direct ping carries (`wire/serf-gossip.md` 5.9).
package enum AckPayload {
    private static let version: UInt8 = 1

    package static func encode(_ coordinate: SerfCoordinate) -> [UInt8] { [version] + coordinate.encoded }

    package static func decode(_ bytes: [UInt8]) -> SerfCoordinate? {
        guard bytes.first == version else { return nil }
        return try? SerfCoordinate(decoding: Array(bytes.dropFirst()))
    }
}
