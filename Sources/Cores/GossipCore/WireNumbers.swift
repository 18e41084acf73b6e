package import WireFormat

extension MessagePackReader {
    package mutating func readUInt32() throws(WireError) -> UInt32 { try readNarrow("32 bits") }
    package mutating func readUInt16() throws(WireError) -> UInt16 { try readNarrow("16 bits") }
    package mutating func readUInt8() throws(WireError) -> UInt8 { try readNarrow("8 bits") }

    private mutating func readNarrow<N: FixedWidthInteger>(_ wanted: String) throws(WireError) -> N {
        let start = position
        guard let value = N(exactly: try readUnsigned()) else {
            throw WireError(.outOfRange(wanted: wanted), at: start)
        }
        return value
    }

    /// A list of small numbers, as raw bytes or as an array of integers; nil reads as empty.
    package mutating func readVersions() throws(WireError) -> [UInt8] {
        guard nextIsArray else { return try readBytes() ?? [] }
        var versions: [UInt8] = []
        for _ in 0..<(try readArrayHeader() ?? 0) { versions.append(try readUInt8()) }
        return versions
    }
}

extension MessagePackWriter {
    package mutating func write(_ value: UInt32) { write(UInt64(value)) }
    package mutating func write(_ value: UInt16) { write(UInt64(value)) }
    package mutating func write(_ value: UInt8) { write(UInt64(value)) }

    package mutating func writeRaw(_ value: [UInt8]?) {
        guard let value else { return writeNil() }
        writeRaw(value)
    }
}
