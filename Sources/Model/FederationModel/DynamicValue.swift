/// A value without a fixed schema: free-form maps of proxy options, and any MessagePack object whose type is not known.
package indirect enum DynamicValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case signed(Int64)
    case unsigned(UInt64)
    case float(Float)
    case double(Double)
    /// Raw bytes, text or not: the old MessagePack specification has one family for both.
    case raw([UInt8])
    case array([DynamicValue])
    /// Entries in wire order.
    case map([Entry])

    package struct Entry: Equatable, Sendable {
        package var key: DynamicValue
        package var value: DynamicValue

        package init(key: DynamicValue, value: DynamicValue) {
            self.key = key
            self.value = value
        }
    }

    package static func text(_ text: String) -> DynamicValue { .raw(Array(text.utf8)) }

    /// The value under a text key of a map; nil when this is no map or has no such key. O(entries).
    package subscript(key: String) -> DynamicValue? {
        guard case .map(let entries) = self else { return nil }
        return entries.first { $0.key == .text(key) }?.value
    }
}
