import Configuration
import Determinism
package import DNSCore
import FederationModel
package import HTTPCore

extension AgentPlan {
    package var httpContext: HTTPContext {
        var context = HTTPContext(
            datacenter: configuration.datacenter, node: node, isServer: configuration.isServer,
            kvMaxValueBytes: configuration.limits.kvMaxValueBytes,
            translatesWANAddresses: configuration.translatesWANAddresses,
            lanPort: UInt16(clamping: configuration.ports.serfLAN),
            wanPort: UInt16(clamping: configuration.ports.serfWAN), patterns: surroundings.patterns)
        context.txnMaxBodyBytes = configuration.limits.txnMaxRequestBytes
        context.blockedEndpoints = configuration.httpBlockedEndpoints
        context.responseHeaders = configuration.httpResponseHeaders.sorted { $0.key < $1.key }
            .map { (name: $0.key, value: $0.value) }
        return context
    }

    /// - Parameter serial: seconds since 1970 at the agent's start.
    package func dnsContext(serial: UInt32) -> DNSContext {
        let options = configuration.dns
        var context = DNSContext(datacenter: configuration.datacenter)
        context.node = node
        context.domain = options.domain
        context.altDomain = options.alternateDomain
        context.onlyPassing = options.onlyPassing
        context.enableTruncate = options.enablesTruncate
        context.udpAnswerLimit = options.udpAnswerLimit
        context.aRecordLimit = options.addressRecordLimit
        context.nodeTTL = UInt32(clamping: options.nodeTTL.components.seconds)
        for entry in options.serviceTTL {
            context.serviceTTL[entry.name] = UInt32(clamping: entry.ttl.components.seconds)
        }
        context.soa.refresh = UInt32(clamping: options.soaRefresh)
        context.soa.retry = UInt32(clamping: options.soaRetry)
        context.soa.expire = UInt32(clamping: options.soaExpire)
        context.soa.minimumTTL = UInt32(clamping: options.soaMinimumTTL)
        context.addsNodeMeta = options.addsNodeMetaText
        context.allowStale = options.allowsStale
        context.maxStale = options.maxStale
        context.answerTimeout = options.answerTimeout
        context.compressesNames = !options.disablesCompression
        context.hasRecursors = !options.recursors.isEmpty
        context.translatesWANAddresses = configuration.translatesWANAddresses
        context.serial = serial
        return context
    }
}
