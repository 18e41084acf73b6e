import Determinism
package import FederationModel

/// `<datacenter>.datacenter`: a verdict as text, for tools that know no HTTP.
extension DNSFrontEnd {
    /// - Parameter report: nil when no such datacenter is known.
    package func render(_ rendering: DNSRendering, _ report: DatacenterReport?) -> [UInt8] {
        guard let report else { return finish(rendering.query, noSuchDomain, rendering.transport) }
        let answering = report.servers.count { $0.answers }
        // Without a time to live: no cache may outlive a verdict.
        let texts = [
            "verdict=\(report.verdict.rawValue)", "federation=\(report.federation.rawValue)",
            "since=\(report.since.goText)", "answering=\(answering)/\(report.servers.count)", "reason=\(report.reason)",
        ]
        let records = texts.map { text in
            DNSRecord(
                name: rendering.query.question.name, ttl: 0, body: .txt([Array(text.utf8.prefix(Self.maxTextBytes))]))
        }
        return finish(
            rendering.query, DNSResponse(units: records.map { DNSResponse.Unit(answer: $0) }), rendering.transport)
    }

    /// The agent cannot say: it is no server.
    package func renderUnknown(_ rendering: DNSRendering) -> [UInt8] {
        finish(rendering.query, DNSResponse(code: .serverFailure, isAuthoritative: false), rendering.transport)
    }

    /// Of one string (RFC 1035 §3.3).
    private static let maxTextBytes = 255
}
