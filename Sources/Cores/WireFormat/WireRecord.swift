package import FederationModel
import Determinism

/// A structure that is a MessagePack map keyed by Go field names. Reading is liberal: any order, unknown keys skipped,
/// missing keys and nils zero, or an array in declaration order. Writing sorts the keys and writes every field.
package protocol WireRecord {
    /// Every field zero.
    init()
    /// Declaration order.
    static var fieldNames: [String] { get }
    /// Reads one field's value.
    /// - Returns: false when the name is unknown; nothing has been read then.
    mutating func decode(field name: FieldName, from reader: inout MessagePackReader) throws(WireError) -> Bool
    func encode(into writer: inout MessagePackWriter)
}

extension WireRecord {
    /// The record alone, encoded.
    package var encoded: [UInt8] {
        var writer = MessagePackWriter()
        encode(into: &writer)
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(WireError) {
        var reader = MessagePackReader(bytes)
        self = try reader.read()
    }
}

extension MessagePackReader {
    /// Nil reads as the record with every field zero.
    package mutating func read<R: WireRecord>() throws(WireError) -> R {
        var record = R()
        _ = try fill(&record)
        return record
    }

    package mutating func read<R: WireRecord>() throws(WireError) -> R? {
        // Most optional records are absent: none is made to be thrown away.
        if readNil() { return nil }
        var record = R()
        return try fill(&record) ? record : nil
    }

    /// - Returns: false for a nil, which changes nothing.
    private mutating func fill<R: WireRecord>(_ record: inout R) throws(WireError) -> Bool {
        try charge(MemoryLayout<R>.stride)
        try enter()
        defer { leave() }
        if nextIsArray {
            let names = R.fieldNames
            for position in 0..<(try readArrayHeader() ?? 0) {
                guard position < names.count, try record.decode(field: FieldName(names[position]), from: &self) else {
                    try skip()
                    continue
                }
            }
            return true
        }
        guard let count = try readMapHeader() else { return false }
        for _ in 0..<count {
            let name = try readFieldName()
            if try !record.decode(field: name, from: &self) { try skip() }
        }
        return true
    }

    package mutating func read<R: WireRecord>() throws(WireError) -> [R]? {
        guard let count = try readArrayHeader() else { return nil }
        var records: [R] = []
        for _ in 0..<count { records.append(try read()) }
        return records
    }

    package mutating func read<R: WireRecord>() throws(WireError) -> [String: R]? {
        guard let count = try readMapHeader() else { return nil }
        var records: [String: R] = [:]
        for _ in 0..<count {
            let key = try readString()
            records[key] = try read() as R
        }
        return records
    }

    package mutating func read() throws(WireError) -> Bool { try readBool() }
    package mutating func read() throws(WireError) -> UInt64 { try readUnsigned() }
    package mutating func read() throws(WireError) -> Int { Int(try readSigned()) }
    package mutating func read() throws(WireError) -> Double { try readDouble() }
    package mutating func read() throws(WireError) -> String { try readString() }
    /// Nanoseconds.
    package mutating func read() throws(WireError) -> Duration { .nanoseconds(try readSigned()) }
    package mutating func read() throws(WireError) -> ByteString { ByteString(try readBytes() ?? []) }
    package mutating func read() throws(WireError) -> ByteString? { (try readBytes()).map { ByteString($0) } }
    package mutating func read() throws(WireError) -> DynamicValue? { readNil() ? nil : try readDynamic() }

    private mutating func readList<T>(
        _ element: (inout MessagePackReader) throws(WireError) -> T
    ) throws(WireError) -> [T]? {
        guard let count = try readArrayHeader() else { return nil }
        var list: [T] = []
        for _ in 0..<count {
            try charge(MemoryLayout<T>.stride)
            list.append(try element(&self))
        }
        return list
    }

    private mutating func readMap<T>(
        _ element: (inout MessagePackReader) throws(WireError) -> T
    ) throws(WireError) -> [String: T]? {
        guard let count = try readMapHeader() else { return nil }
        var map: [String: T] = [:]
        for _ in 0..<count {
            try charge(4 * MemoryLayout<T>.stride + 32)
            let key = try readString()
            map[key] = try element(&self)
        }
        return map
    }

    package mutating func read() throws(WireError) -> [String]? {
        try readList { (reader) throws(WireError) in try reader.readString() }
    }
    package mutating func read() throws(WireError) -> [Double]? {
        try readList { (reader) throws(WireError) in try reader.readDouble() }
    }
    package mutating func read() throws(WireError) -> [ByteString]? {
        try readList { (reader) throws(WireError) in try reader.read() }
    }
    package mutating func read() throws(WireError) -> [String: String]? {
        try readMap { (reader) throws(WireError) in try reader.readString() }
    }
    package mutating func read() throws(WireError) -> [String: Int]? {
        try readMap { (reader) throws(WireError) in try reader.read() }
    }
    package mutating func read() throws(WireError) -> [String: [String]]? {
        try readMap { (reader) throws(WireError) in (try reader.read() as [String]?) ?? [] }
    }
    package mutating func read() throws(WireError) -> [String: DynamicValue]? {
        try readMap { (reader) throws(WireError) in try reader.readDynamic() }
    }
}

extension MessagePackWriter {
    package mutating func write<R: WireRecord>(_ record: R) { record.encode(into: &self) }

    package mutating func write<R: WireRecord>(_ record: R?) {
        guard let record else { return writeNil() }
        record.encode(into: &self)
    }

    package mutating func write<R: WireRecord>(_ records: [R]?) {
        guard let records else { return writeNil() }
        writeArrayHeader(records.count)
        for record in records { record.encode(into: &self) }
    }

    package mutating func write<R: WireRecord>(_ records: [String: R]?) {
        writeSorted(records) { $1.encode(into: &$0) }
    }

    package mutating func write(_ value: Duration) { write(value.wholeNanoseconds) }
    package mutating func write(_ value: ByteString) { writeRaw(value.bytes) }

    package mutating func write(_ value: ByteString?) {
        guard let value else { return writeNil() }
        writeRaw(value.bytes)
    }

    package mutating func write(_ value: DynamicValue?) { write(value ?? .null) }

    package mutating func write(_ value: [String]?) {
        guard let value else { return writeNil() }
        writeArrayHeader(value.count)
        for item in value { write(item) }
    }

    package mutating func write(_ value: [Double]?) {
        guard let value else { return writeNil() }
        writeArrayHeader(value.count)
        for item in value { write(item) }
    }

    package mutating func write(_ value: [ByteString]?) {
        guard let value else { return writeNil() }
        writeArrayHeader(value.count)
        for item in value { write(item) }
    }

    package mutating func write(_ value: [String: String]?) { writeSorted(value) { $0.write($1) } }
    package mutating func write(_ value: [String: Int]?) { writeSorted(value) { $0.write($1) } }
    package mutating func write(_ value: [String: [String]]?) { writeSorted(value) { $0.write($1) } }
    package mutating func write(_ value: [String: DynamicValue]?) { writeSorted(value) { $0.write($1) } }

    /// A map in the byte order of its keys, so that the same value gives the same bytes in every process.
    private mutating func writeSorted<T>(_ map: [String: T]?, _ element: (inout MessagePackWriter, T) -> Void) {
        guard let map else { return writeNil() }
        writeMapHeader(map.count)
        for (key, value) in map.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            write(key)
            element(&self, value)
        }
    }
}
