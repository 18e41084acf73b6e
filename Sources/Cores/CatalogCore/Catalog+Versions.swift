package import FederationModel
import RadixTree

/// The one row that decides what a frequent read is answered.
package enum VersionedRow: Equatable, Sendable {
    case key(ByteString)
    /// By folded name.
    case service(ByteString)
    case services

    /// - Returns: nil for reads whose answer depends on more than one row: nodes by distance, by metadata, mesh
    ///   proxies.
    package init?(of request: Request) {
        switch request {
        case .kvsGet(let body): self = .key(body.key)
        case .healthServiceNodes(let body), .catalogServiceNodes(let body):
            guard body.source.node.isEmpty, !body.connect, !body.ingress, body.serviceAddress.isEmpty else {
                return nil
            }
            self = .service(Fold.folded(body.serviceName))
        case .catalogListServices(let body):
            guard body.nodeMetaFilters?.isEmpty ?? true else { return nil }
            self = .services
        default: return nil
        }
    }
}

extension Catalog {
    /// The version of the answer to a frequent read, without making the answer: answers of one catalog's history to
    /// equal requests are equal when their versions are. The index of the row, O(length of its name).
    /// - Returns: nil for what does not exist, and for reads without a row of their own.
    package func version(of request: Request) -> UInt64? { VersionedRow(of: request).flatMap { version(of: $0) } }

    package func version(of row: VersionedRow) -> UInt64? {
        switch row {
        case .key(let key): keys.index(of: key)
        case .service(let name): services.index(of: name)
        case .services: indexes.services
        }
    }
}
