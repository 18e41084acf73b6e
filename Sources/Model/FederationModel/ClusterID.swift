/// The random identity of one datacenter's Raft cluster: in the first log entry, in every Raft message, in the gossip
/// tag `cid` (as 8 hexadecimal digits of its upper half) and at the head of every file on disk.
package struct ClusterID: Hashable, Sendable {
    package let value: UInt64

    package init(_ value: UInt64) { self.value = value }

    /// Not yet bootstrapped.
    package static let none = ClusterID(0)

    /// The gossip tag: 8 hexadecimal digits.
    package var tag: String {
        let text = String(value >> 32, radix: 16)
        return String(repeating: "0", count: 8 - text.utf8.count) + text
    }
}

extension ClusterID: CustomStringConvertible {
    package var description: String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}
