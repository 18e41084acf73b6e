/// Which of an agent's listeners, or its outgoing twin, a byte stream belongs to.
public enum Channel: UInt8, Hashable, Sendable, CaseIterable {
    /// TCP of the LAN gossip pool.
    case lan
    /// TCP of the WAN gossip pool.
    case wan
    /// Server RPC and Raft.
    case rpc
}

/// One TCP connection as a core sees it. Numbers of dialled streams are even and drawn by the core that dials; numbers
/// of accepted streams are odd and drawn by the shell. A number is never used twice in a process.
public struct StreamID: Hashable, Sendable {
    public let channel: Channel
    public let number: UInt64

    @inlinable public init(_ channel: Channel, _ number: UInt64) {
        self.channel = channel
        self.number = number
    }

    @inlinable public var isDialled: Bool { number % 2 == 0 }

    /// As one word: streams are looked up for every segment.
    @inlinable public static func == (left: StreamID, right: StreamID) -> Bool {
        left.number == right.number && left.channel == right.channel
    }

    @inlinable public func hash(into hasher: inout Hasher) { hasher.combine(number << 2 | UInt64(channel.rawValue)) }
}

extension StreamID: CustomStringConvertible {
    public var description: String { "\(channel)#\(number)" }
}

extension StreamID: Comparable {
    public static func < (left: StreamID, right: StreamID) -> Bool {
        (left.channel.rawValue, left.number) < (right.channel.rawValue, right.number)
    }
}
