import CatalogCore
package import DNSCore
package import Determinism
package import FederationModel
import HTTPCore
package import ServerCore

/// A DNS question that comes again and again in the same words, with its answer. Pure: the owner finds it by the words.
package struct RepeatedQuestion: Sendable {
    private enum Source: Sendable {
        /// The published view: this row at this version.
        case view(VersionedRow, version: ReadView.RowVersion)
        /// Another server; it is asked each time.
        case server(Response)
    }

    package let request: Request
    private let source: Source
    private let options: QueryOptions
    private var template: DNSTemplate

    /// - Parameter view: the one that was answered from.
    /// - Returns: nil when the question has to be read and answered anew each time.
    package init?(_ request: Request, _ response: Response, from view: ReadView, _ template: DNSTemplate) {
        guard let row = VersionedRow(of: request), let version = view.version(of: row),
            request.datacenter == view.datacenter, let options = request.options
        else { return nil }
        self.request = request
        source = .view(row, version: version)
        self.options = options
        self.template = template
    }

    /// - Parameter response: of another server.
    package init?(_ request: Request, _ response: Response, _ template: DNSTemplate) {
        guard response.hasSharedRows, let options = request.options else { return nil }
        self.request = request
        source = .server(response)
        self.options = options
        self.template = template
    }

    /// It is asked again each time.
    package var isForwarded: Bool { if case .server = source { true } else { false } }

    package var byteCount: Int { template.byteCount }

    /// Whether the view still has the answer. Every condition of `ReadView.answer` is looked at anew.
    /// - Parameters:
    ///   - view: the newest one, taken after the question has arrived.
    ///   - now: read after the view was taken.
    package func holds(in view: ReadView, at now: @autoclosure () -> Instant) -> Bool {
        guard case .view(let row, let version) = source, view.version(of: row) == version else { return false }
        guard options.allowStale else { return !options.requireConsistent && now() < view.leaseEnd }
        return options.maxStaleDuration <= .zero || view.contact(at: now()) <= options.maxStaleDuration
    }

    /// Whether another server has answered what it did before.
    package func holds(in response: Response) -> Bool {
        guard case .server(let last) = source else { return false }
        return response.sharesRows(with: last) && request.retryAtLeader(after: response) == nil
    }

    package mutating func write(
        id: UInt16, to output: UnsafeMutableRawBufferPointer, random: inout SeededRandom
    ) {
        template.write(id: id, to: output, random: &random)
    }
}
