/// Paths of the API and their methods. A path that ends in `/` stands for everything below it.
struct Route {
    enum Handler {
        case agentSelf, agentMembers, agentJoin, agentLeave, agentForceLeave
        case agentServices, agentService, registerService, deregisterService
        case agentChecks, registerCheck, deregisterCheck, passCheck, warnCheck, failCheck, updateCheck
        case agentMetrics, agentMaintenance, serviceMaintenance, agentToken
        case agentHealthByName, agentHealthByID
        case agentHost, agentMonitor, agentReload
        case catalogDatacenters, catalogNodes, catalogServices, catalogService, catalogConnect
        case catalogNode, catalogNodeServices
        case catalogRegister, catalogDeregister
        case healthNode, healthChecks, healthService, healthConnect, healthIngress, healthState
        case keyValue
        case sessionCreate, sessionDestroy, sessionRenew, sessionInfo, sessionNode, sessionList
        case transaction
        case snapshot
        case queries, query
        case raftConfiguration, raftPeer, autopilotConfiguration, autopilotHealth
        case statusLeader, statusPeers
        case eventFire, eventList
        case coordinateNodes, coordinateDatacenters, coordinateNode, coordinateUpdate
        case federationDatacenters, federationDatacenter, federationMatrix, federationHistory
        case federationForget, federationForgotten, federationExplain
        case operatorKeyring
        case accessControl, meshDisabled, discoveryChain, gatewayServices
        case configEntries, configWrite
        case interfaceNodes, interfaceNode, interfaceServices, gatewayInstances
        case intentions, intention, intentionMatch, intentionCheck, meshRoots, meshConfiguration, meshAuthorize

        /// Whether Consul's endpoint has namespaces: here it says that there are none.
        var isNamespaced: Bool {
            switch self {
            case .keyValue, .agentServices, .agentService, .registerService, .deregisterService, .agentChecks,
                .registerCheck, .deregisterCheck, .passCheck, .warnCheck, .failCheck, .updateCheck,
                .serviceMaintenance, .agentHealthByName, .agentHealthByID, .catalogServices, .catalogService,
                .catalogConnect, .catalogNode, .catalogNodeServices, .catalogRegister, .catalogDeregister, .healthNode,
                .healthChecks, .healthService, .healthConnect, .healthIngress, .healthState, .sessionCreate,
                .sessionDestroy, .sessionRenew, .sessionInfo, .sessionNode, .sessionList, .discoveryChain,
                .gatewayServices, .configEntries, .configWrite, .interfaceNodes, .interfaceNode, .interfaceServices,
                .gatewayInstances:
                true
            case .agentSelf, .agentMembers, .agentJoin, .agentLeave, .agentForceLeave, .agentMetrics,
                .agentMaintenance, .agentToken, .agentHost, .agentMonitor, .agentReload, .catalogDatacenters,
                .catalogNodes, .transaction, .snapshot, .queries, .query, .raftConfiguration, .raftPeer,
                .autopilotConfiguration, .autopilotHealth, .statusLeader, .statusPeers, .eventFire, .eventList,
                .coordinateNodes, .coordinateDatacenters, .coordinateNode, .coordinateUpdate, .federationDatacenters,
                .federationDatacenter, .federationMatrix, .federationHistory, .federationForget, .federationForgotten,
                .federationExplain, .operatorKeyring, .accessControl, .meshDisabled, .intentions, .intention,
                .intentionMatch, .intentionCheck, .meshRoots, .meshConfiguration, .meshAuthorize:
                false
            }
        }
    }

    /// Methods that an endpoint takes, in the order of its `Allow` header.
    struct Methods: Equatable {
        let names: [String]

        init(_ names: String...) { self.names = names }

        static let get = Methods("GET")
        static let put = Methods("PUT")
        static let post = Methods("POST")
        static let delete = Methods("DELETE")
        static let getPut = Methods("GET", "PUT")
        static let getPost = Methods("GET", "POST")
        static let getPutDelete = Methods("GET", "PUT", "DELETE")
        static let keyring = Methods("GET", "POST", "PUT", "DELETE")

        func allows(_ method: String) -> Bool { names.contains(method) }

        /// The `Allow` header.
        var text: String { "OPTIONS," + names.joined(separator: ",") }
    }

    let handler: Handler
    let methods: Methods

    init(_ handler: Handler, _ methods: Methods) {
        self.handler = handler
        self.methods = methods
    }

    static let table = served.merging(unserved) { first, _ in first }

    private static let served: [String: Route] = [
        "/v1/agent/self": Route(.agentSelf, .get),
        "/v1/agent/members": Route(.agentMembers, .get),
        "/v1/agent/join/": Route(.agentJoin, .put),
        "/v1/agent/leave": Route(.agentLeave, .put),
        "/v1/agent/force-leave/": Route(.agentForceLeave, .put),
        "/v1/agent/services": Route(.agentServices, .get),
        "/v1/agent/service/": Route(.agentService, .get),
        "/v1/agent/service/register": Route(.registerService, .put),
        "/v1/agent/service/deregister/": Route(.deregisterService, .put),
        "/v1/agent/checks": Route(.agentChecks, .get),
        "/v1/agent/check/register": Route(.registerCheck, .put),
        "/v1/agent/check/deregister/": Route(.deregisterCheck, .put),
        "/v1/agent/check/pass/": Route(.passCheck, .put),
        "/v1/agent/check/warn/": Route(.warnCheck, .put),
        "/v1/agent/check/fail/": Route(.failCheck, .put),
        "/v1/agent/check/update/": Route(.updateCheck, .put),
        "/v1/agent/metrics": Route(.agentMetrics, .get),
        "/v1/agent/maintenance": Route(.agentMaintenance, .put),
        "/v1/agent/service/maintenance/": Route(.serviceMaintenance, .put),
        "/v1/agent/health/service/name/": Route(.agentHealthByName, .get),
        "/v1/agent/health/service/id/": Route(.agentHealthByID, .get),
        "/v1/agent/host": Route(.agentHost, .get),
        "/v1/agent/monitor": Route(.agentMonitor, .get),
        "/v1/agent/reload": Route(.agentReload, .put),
        "/v1/catalog/datacenters": Route(.catalogDatacenters, .get),
        "/v1/catalog/nodes": Route(.catalogNodes, .get),
        "/v1/catalog/services": Route(.catalogServices, .get),
        "/v1/catalog/service/": Route(.catalogService, .get),
        "/v1/catalog/connect/": Route(.catalogConnect, .get),
        "/v1/catalog/node/": Route(.catalogNode, .get),
        "/v1/catalog/node-services/": Route(.catalogNodeServices, .get),
        "/v1/catalog/register": Route(.catalogRegister, .put),
        "/v1/catalog/deregister": Route(.catalogDeregister, .put),
        "/v1/health/node/": Route(.healthNode, .get),
        "/v1/health/checks/": Route(.healthChecks, .get),
        "/v1/health/service/": Route(.healthService, .get),
        "/v1/health/connect/": Route(.healthConnect, .get),
        "/v1/health/ingress/": Route(.healthIngress, .get),
        "/v1/health/state/": Route(.healthState, .get),
        "/v1/kv/": Route(.keyValue, .getPutDelete),
        "/v1/session/create": Route(.sessionCreate, .put),
        "/v1/session/destroy/": Route(.sessionDestroy, .put),
        "/v1/session/renew/": Route(.sessionRenew, .put),
        "/v1/session/info/": Route(.sessionInfo, .get),
        "/v1/session/node/": Route(.sessionNode, .get),
        "/v1/session/list": Route(.sessionList, .get),
        "/v1/txn": Route(.transaction, .put),
        "/v1/snapshot": Route(.snapshot, .getPut),
        "/v1/query": Route(.queries, .getPost),
        "/v1/query/": Route(.query, .getPutDelete),
        "/v1/operator/raft/configuration": Route(.raftConfiguration, .get),
        "/v1/operator/raft/peer": Route(.raftPeer, .delete),
        "/v1/operator/autopilot/configuration": Route(.autopilotConfiguration, .getPut),
        "/v1/operator/autopilot/health": Route(.autopilotHealth, .get),
        "/v1/status/leader": Route(.statusLeader, .get),
        "/v1/status/peers": Route(.statusPeers, .get),
        "/v1/event/fire/": Route(.eventFire, .put),
        "/v1/event/list": Route(.eventList, .get),
        "/v1/coordinate/nodes": Route(.coordinateNodes, .get),
        "/v1/coordinate/datacenters": Route(.coordinateDatacenters, .get),
        "/v1/coordinate/node/": Route(.coordinateNode, .get),
        "/v1/coordinate/update": Route(.coordinateUpdate, .put),
        "/v1/operator/keyring": Route(.operatorKeyring, .keyring),
        "/v1/internal/ui/nodes": Route(.interfaceNodes, .get),
        "/v1/internal/ui/node/": Route(.interfaceNode, .get),
        "/v1/internal/ui/services": Route(.interfaceServices, .get),
        "/v1/federation/datacenters": Route(.federationDatacenters, .get),
        "/v1/federation/explain": Route(.federationExplain, .get),
        "/v1/federation/datacenters/": Route(.federationDatacenter, .get),
        "/v1/federation/matrix": Route(.federationMatrix, .get),
        "/v1/federation/history": Route(.federationHistory, .get),
        "/v1/federation/forget/": Route(.federationForget, .put),
        "/v1/federation/forgotten": Route(.federationForgotten, .get),
    ]

    /// For documents: every path with its methods, sorted.
    static var all: [(path: String, methods: [String])] {
        table.map { (path: $0.key, methods: $0.value.methods.names) }.sorted { $0.path < $1.path }
    }

    private static let keyValuePrefix = Array("/v1/kv/".utf8)

    /// No longer part of a path is compared: the time for a hostile one of many slashes would grow with its square.
    private static let maxEntryBytes = table.keys.map(\.utf8.count).max() ?? 0

    /// The longest entry that covers a path, and what stands behind it. O(1) in the path's length.
    static func find(_ path: [UInt8]) -> (route: Route, rest: ArraySlice<UInt8>)? {
        // Most requests are for keys: no text is made of them, no table asked.
        if path.starts(with: keyValuePrefix) { return (Route(.keyValue, .getPutDelete), path[keyValuePrefix.count...]) }
        if path.count <= maxEntryBytes, let route = table[String(decoding: path, as: UTF8.self)] { return (route, []) }
        var end = min(path.endIndex, maxEntryBytes)
        while let slash = path[..<end].lastIndex(of: UInt8(ascii: "/")) {
            let prefix = String(decoding: path[...slash], as: UTF8.self)
            if let route = table[prefix] { return (route, path[(slash + 1)...]) }
            end = slash
        }
        return nil
    }

    /// Whether a path becomes an entry by a `/` at its end.
    static func needsSlash(_ path: [UInt8]) -> Bool {
        guard path.count < maxEntryBytes else { return false }
        let text = String(decoding: path, as: UTF8.self)
        return table[text] == nil && table[text + "/"] != nil
    }
}
