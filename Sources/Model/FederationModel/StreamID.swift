/// Which of an agent's listeners, or its outgoing twin, a byte stream belongs to.
package enum Channel: UInt8, Hashable, Sendable, CaseIterable {
    /// TCP of the LAN gossip pool.
    case lan
    /// TCP of the WAN gossip pool.
    case wan
    /// Server RPC and Raft.
    case rpc
}

/// One TCP connection as a core sees it. Numbers of dialled streams are even and drawn by the core that dials; numbers
/// of accepted streams are odd and drawn by the shell. A number is never used twice in a process.
package struct StreamID: Hashable, Sendable {
    package let channel: Channel
    package let number: UInt64

    package init(_ channel: Channel, _ number: UInt64) {
        self.channel = channel
        self.number = number
    }

    package var isDialled: Bool { number % 2 == 0 }
}

extension StreamID: CustomStringConvertible {
    package var description: String { "\(channel)#\(number)" }
}

extension StreamID: Comparable {
    package static func < (left: StreamID, right: StreamID) -> Bool {
        (left.channel.rawValue, left.number) < (right.channel.rawValue, right.number)
    }
}
