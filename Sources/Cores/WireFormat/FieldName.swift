/// The name of a record's field as it stands in the input. A registration has some forty: they are compared byte by
/// byte where they stand, and no string is made of them.
public struct FieldName: Sendable {
    @usableFromInline let bytes: [UInt8]
    @usableFromInline let start: Int
    @usableFromInline let count: Int

    /// - Precondition: `range` lies within `bytes`.
    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        start = range.lowerBound
        count = range.count
    }

    init(_ name: String) { self.init(Array(name.utf8), 0..<name.utf8.count) }

    /// For `switch`: `case "Node":`.
    @inlinable public static func ~= (pattern: StaticString, name: FieldName) -> Bool {
        guard pattern.utf8CodeUnitCount == name.count else { return false }
        return name.bytes.withUnsafeBufferPointer { bytes in
            for offset in 0..<name.count where pattern.utf8Start[offset] != bytes[name.start + offset] { return false }
            return true
        }
    }

    package static func == (name: FieldName, text: String) -> Bool {
        name.bytes[name.start..<name.start + name.count].elementsEqual(text.utf8)
    }
}
