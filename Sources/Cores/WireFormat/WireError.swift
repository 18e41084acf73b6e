/// Why bytes from a peer or a file could not be read, and where.
package struct WireError: Error, Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        case truncated
        /// A lead byte or value of another type than the reader wants.
        case unexpected(byte: UInt8, wanted: String)
        case outOfRange(wanted: String)
        /// Nested deeper, or decoding to more memory, than the limits allow.
        case tooDeep, tooLarge
        case malformed(String)
    }

    package var reason: Reason
    /// Offset into the bytes being read.
    package var offset: Int

    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension WireError: CustomStringConvertible {
    package var description: String {
        let text =
            switch reason {
            case .truncated: "the bytes end early"
            case .unexpected(let byte, let wanted): "byte 0x\(String(byte, radix: 16)) where \(wanted) is expected"
            case .outOfRange(let wanted): "value out of range for \(wanted)"
            case .tooDeep: "nested deeper than \(MessagePackReader.maxDepth)"
            case .tooLarge: "decodes to more memory than allowed"
            case .malformed(let text): text
            }
        return "\(text) (at byte \(offset))"
    }
}
