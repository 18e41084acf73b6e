import FederationModel
import WireFormat

/// `/v1/internal/ui/…`: what Consul's user interface and tools that borrow its endpoints ask for.
extension HTTPRouter {
    func interfaceNodes(_ call: Call) -> HTTPAction {
        .request(.internalNodeDump(call.datacenterRequest()), call.rendering(.interfaceNodes))
    }

    func interfaceNode(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        .request(.internalNodeInfo(try call.nodeRequest()), call.rendering(.interfaceNode))
    }

    func interfaceServices(_ call: Call) -> HTTPAction {
        let request = ServiceDumpRequest(datacenter: call.datacenter, source: call.source, options: call.options)
        return .request(.internalServiceDump(request), call.rendering(.interfaceServices))
    }
}

/// One name in the list of services: how many instances and how they do.
struct ServiceSummary {
    let name: String
    var kind = ""
    var tags: Set<String> = []
    var nodes: [String] = []
    var passingCount = 0
    var warningCount = 0
    var criticalCount = 0
    var externalSources: Set<String> = []

    /// By the bytes of the name.
    static func list(_ rows: [CheckServiceNode]) -> [ServiceSummary] {
        var summaries: [String: ServiceSummary] = [:]
        for row in rows {
            guard let service = row.service else { continue }
            summaries[service.service, default: ServiceSummary(name: service.service)].add(row, service)
        }
        return summaries.values.sorted { $0.name.precedesInBytes($1.name) }
    }

    private mutating func add(_ row: CheckServiceNode, _ service: NodeService) {
        kind = service.kind
        tags.formUnion(service.tags ?? [])
        nodes.append(row.node?.node ?? "")
        for check in row.checks ?? [] {
            switch CheckStatus(rawValue: check.status) {
            case .passing: passingCount += 1
            case .warning: warningCount += 1
            case .critical, nil: criticalCount += 1
            }
        }
        if let source = service.meta?["external-source"], !source.isEmpty { externalSources.insert(source) }
    }
}

extension JSONWriter {
    mutating func write(_ info: NodeInfo) {
        beginObject()
        field("ID", info.id)
        field("Node", info.node)
        field("Address", info.address)
        field("TaggedAddresses", map: info.taggedAddresses)
        field("Meta", map: info.meta)
        key("Services")
        list(info.services) { $0.write($1, absentTags: true) }
        key("Checks")
        list(info.checks) { $0.write($1, absentTags: true) }
        endObject()
    }

    mutating func write(_ summary: ServiceSummary) {
        beginObject()
        field("Kind", ifNotEmpty: summary.kind)
        field("Name", summary.name)
        field("Tags", sortedOrNull: summary.tags)
        field("Nodes", texts: summary.nodes)
        field("InstanceCount", summary.nodes.count)
        field("ChecksPassing", summary.passingCount)
        field("ChecksWarning", summary.warningCount)
        field("ChecksCritical", summary.criticalCount)
        field("ExternalSources", sortedOrNull: summary.externalSources)
        key("GatewayConfig")
        beginObject()
        endObject()
        endObject()
    }

    private mutating func field(_ name: StaticString, sortedOrNull texts: Set<String>) {
        field(name, textsOrNull: texts.isEmpty ? nil : texts.sorted { $0.precedesInBytes($1) })
    }
}
