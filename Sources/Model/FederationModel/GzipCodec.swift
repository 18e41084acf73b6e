/// Packs and unpacks gzip streams. Cores take it as a value: the library behind it is a shell's.
package struct GzipCodec: Sendable {
    /// Why bytes cannot be unpacked, in the words of Go's readers.
    package struct Problem: Error, Equatable, Sendable {
        package var text: String

        package init(_ text: String) { self.text = text }
    }

    package typealias Pack = @Sendable ([UInt8]) -> [UInt8]?
    package typealias Unpack = @Sendable ([UInt8]) throws(Problem) -> [UInt8]

    private let packing: Pack
    private let unpacking: Unpack

    package init(pack: @escaping Pack, unpack: @escaping Unpack) {
        packing = pack
        unpacking = unpack
    }

    /// - Returns: nil when there is no memory for it.
    package func pack(_ bytes: [UInt8]) -> [UInt8]? { packing(bytes) }

    package func unpack(_ bytes: [UInt8]) throws(Problem) -> [UInt8] { try unpacking(bytes) }

    /// For agents without a shell that brings one.
    package static let none = GzipCodec(
        pack: { _ in nil }, unpack: { _ throws(Problem) in throw Problem("gzip is not served by this agent") })
}
