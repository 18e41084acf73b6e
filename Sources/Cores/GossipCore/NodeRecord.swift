package import Determinism
package import FederationModel

/// A node's state with memberlist's integers on the wire.
package enum NodeState: Int, Sendable {
    case alive = 0
    case suspect = 1
    case dead = 2
    case left = 3

    package var isGone: Bool { self == .dead || self == .left }
}

/// What memberlist knows of one node.
package struct NodeRecord: Equatable, Sendable {
    package var name: String
    package var endpoint: Endpoint
    /// At most `maxMetaBytes`.
    package var meta: [UInt8]
    package var incarnation: UInt32
    package var state: NodeState
    /// PMin, PMax, PCur, DMin, DMax, DCur; fewer from peers that leave them out.
    package var versions: [UInt8]
    /// When `state` was entered.
    package var stateChange: Instant

    package static let maxMetaBytes = 512
    /// Longer names are refused: a record must fit a datagram with its metadata.
    package static let maxNameBytes = 255

    private func version(_ position: Int) -> UInt8 { position < versions.count ? versions[position] : 0 }

    package var protocolMin: UInt8 { version(0) }
    package var protocolMax: UInt8 { version(1) }
    package var protocolCurrent: UInt8 { version(2) }
    package var delegateMin: UInt8 { version(3) }
    package var delegateMax: UInt8 { version(4) }
    package var delegateCurrent: UInt8 { version(5) }

    package var takesStreamPings: Bool { protocolMax >= 3 }
    package var sendsNacks: Bool { protocolMax >= 4 }
    package var takesChecksums: Bool { protocolMax >= 5 }

    package var alive: Alive {
        var body = Alive()
        body.incarnation = incarnation
        body.node = name
        body.address = endpoint.address.bytes
        body.port = endpoint.port
        body.meta = meta
        body.versions = versions
        return body
    }

    package var pushPullNode: PushPullNode {
        var node = PushPullNode()
        node.name = name
        node.address = endpoint.address.bytes
        node.port = endpoint.port
        node.meta = meta
        node.incarnation = incarnation
        node.state = state.rawValue
        node.versions = versions
        return node
    }
}
