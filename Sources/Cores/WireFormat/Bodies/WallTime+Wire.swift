package import FederationModel

extension MessagePackReader {
    /// Go's 15 bytes of a time (`wire/consul-rpc.md` 2.3); anything else in its place reads as the zero time.
    package mutating func read() throws(WireError) -> WallTime {
        guard let bytes = try readBytes(), bytes.count >= 15, bytes[0] == 1 else { return WallTime() }
        var seconds: UInt64 = 0
        for byte in bytes[1..<9] { seconds = seconds << 8 | UInt64(byte) }
        var nanoseconds: UInt32 = 0
        for byte in bytes[9..<13] { nanoseconds = nanoseconds << 8 | UInt32(byte) }
        return WallTime(
            seconds: Int64(bitPattern: seconds), nanoseconds: Int32(clamping: min(nanoseconds, 999_999_999)),
            zone: Int16(bitPattern: UInt16(bytes[13]) << 8 | UInt16(bytes[14])))
    }
}

extension MessagePackWriter {
    package mutating func write(_ time: WallTime) {
        var bytes: [UInt8] = [1]
        let seconds = UInt64(bitPattern: time.seconds)
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: seconds >> UInt64(shift)))
        }
        for shift in stride(from: 24, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: time.nanoseconds >> Int32(shift)))
        }
        let zone = UInt16(bitPattern: time.zone)
        bytes += [UInt8(zone >> 8), UInt8(truncatingIfNeeded: zone)]
        writeRaw(bytes)
    }
}
