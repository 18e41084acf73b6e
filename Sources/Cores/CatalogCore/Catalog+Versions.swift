package import FederationModel
import RadixTree

extension Catalog {
    /// The version of the answer to a frequent read, without making the answer: answers of one catalog's history to
    /// equal requests are equal when their versions are. The index of the row, O(length of its name).
    /// - Returns: nil for what does not exist, and for reads whose answer depends on more than one row: nodes by
    ///   distance, by metadata, mesh proxies.
    package func version(of request: Request) -> UInt64? {
        switch request {
        case .kvsGet(let body): keys.get(body.key)?.raftIndex.modifyIndex
        case .healthServiceNodes(let body), .catalogServiceNodes(let body): version(of: body)
        case .catalogListServices(let body) where body.nodeMetaFilters?.isEmpty ?? true: indexes.services
        default: nil
        }
    }

    private func version(of request: ServiceSpecificRequest) -> UInt64? {
        guard request.source.node.isEmpty, !request.connect, !request.ingress, request.serviceAddress.isEmpty else {
            return nil
        }
        return services.get(Fold.folded(request.serviceName))?.index
    }
}
