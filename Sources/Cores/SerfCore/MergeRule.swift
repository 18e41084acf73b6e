package import FederationModel
package import GossipCore

/// Who may be in a pool of Consul's (`wire/serf-gossip.md` 6.5).
package enum MergeRule: AdmissionRule, Equatable {
    /// One datacenter and one segment, each node ID once. `refusesForeignServers`: no server but ours, since a server
    /// of another make would be counted as one of the peer set.
    case lan(datacenter: String, segment: String, nodeID: String, refusesForeignServers: Bool = false)
    /// Servers only.
    case wan

    package func refusal(of node: NodeRecord, by own: NodeRecord) -> String? {
        refusal(of: PoolMember(node, status: .alive), ownName: own.name, ownEndpoint: own.endpoint)
    }

    package func refusal(ofMerging nodes: [(node: NodeRecord, isAdmitted: Bool)], by own: NodeRecord) -> String? {
        var holders: [String: PoolMember] = [:]
        var names: [String: Endpoint] = [:]
        for (node, isAdmitted) in nodes {
            if self == .wan && isAdmitted {
                // Its tags are those of a server still, and nothing else counts here: all know all of a federation, and
                // a join reads as many tags as it has servers.
                if let other = names.updateValue(node.endpoint, forKey: node.name) {
                    return Self.twice(node.name, other, node.endpoint)
                }
                continue
            }
            let member = PoolMember(node, status: node.state == .left ? .left : .alive)
            if let refusal = refusal(of: member, ownName: own.name, ownEndpoint: own.endpoint) { return refusal }
            if let other = names.updateValue(member.endpoint, forKey: member.name) {
                return Self.twice(member.name, other, member.endpoint)
            }
            guard case .lan = self, member.status != .left, let id = member.tags["id"], !id.isEmpty else { continue }
            if let other = holders.updateValue(member, forKey: id) {
                return "Member '\(member.name)' (\(member.endpoint)) has conflicting node ID '\(id)' with member "
                    + "'\(other.name)' (\(other.endpoint))"
            }
        }
        return nil
    }

    private static func twice(_ name: String, _ first: Endpoint, _ second: Endpoint) -> String {
        "Member '\(name)' is listed at both \(first) and \(second)"
    }

    /// In a LAN pool the node ID.
    package func identity(of node: NodeRecord) -> String? {
        switch self {
        case .wan: return nil
        case .lan:
            let id = Tags.decode(node.meta)["id"] ?? ""
            return id.isEmpty ? nil : id
        }
    }

    private func refusal(of member: PoolMember, ownName: String, ownEndpoint: Endpoint) -> String? {
        switch self {
        case .wan:
            guard ServerTags(member: member) == nil else { return nil }
            return "Member '\(member.name)' is not a server"
        case .lan(let datacenter, let segment, let nodeID, let refusesForeignServers):
            let theirs = member.tags["dc"] ?? ""
            if ["consul", "node"].contains(member.tags["role"] ?? "") && theirs != datacenter {
                return "Member '\(member.name)' (\(member.endpoint)) part of wrong datacenter '\(theirs)'; "
                    + "'\(ownName)' (\(ownEndpoint)) is in '\(datacenter)'"
            }
            if member.status != .left && (member.tags["segment"] ?? "") != segment {
                return "Member '\(member.name)' part of wrong segment '\(member.tags["segment"] ?? "")'; "
                    + "'\(ownName)' is in '\(segment)'"
            }
            if member.status != .left && !nodeID.isEmpty && member.tags["id"] == nodeID && member.name != ownName {
                return "Member '\(member.name)' (\(member.endpoint)) has conflicting node ID '\(nodeID)' with this "
                    + "agent '\(ownName)' (\(ownEndpoint))"
            }
            if refusesForeignServers, let server = ServerTags(member: member), server.isthmusProtocol == nil {
                return "Member '\(member.name)' (\(member.endpoint)) is a server without ft_isthmus and cannot be "
                    + "in the peer set of '\(ownName)'"
            }
            return nil
        }
    }
}

extension PoolMember {
    package init(_ node: NodeRecord, status: Status) {
        self.init(name: node.name, endpoint: node.endpoint, tags: Tags.decode(node.meta), status: status)
        versions.protocolMin = node.protocolMin
        versions.protocolMax = node.protocolMax
        versions.protocolCurrent = node.protocolCurrent
        versions.delegateMin = node.delegateMin
        versions.delegateMax = node.delegateMax
        versions.delegateCurrent = node.delegateCurrent
    }
}
