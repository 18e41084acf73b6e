package import CatalogCore
package import FederationModel

extension ServerCore {
    /// What this server has applied, whether its view shows it or not: for those who check it.
    /// - Returns: nil on client agents.
    package func look<R>(_ body: (Catalog, LogIndex) -> R) -> R? {
        replica.map { body($0.catalog, $0.appliedIndex) }
    }
}
