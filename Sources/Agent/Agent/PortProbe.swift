import AgentCore
import Configuration
import FederationModel
import Glibc

/// Takes every port of an agent for a moment, before its data directory is opened: a start that is going to fail on a
/// taken port changes nothing on disk.
enum PortProbe {
    private static let tcp = Int32(SOCK_STREAM.rawValue)
    private static let udp = Int32(SOCK_DGRAM.rawValue)

    static func check(_ plan: AgentPlan) throws(AgentProcess.Failure) {
        let ports = plan.configuration.ports
        try check(plan.bind, ports.serfLAN, "serf_lan", [tcp, udp])
        if plan.configuration.isServer {
            try check(plan.bind, ports.server, "server", [tcp])
            try check(plan.bind, ports.serfWAN, "serf_wan", [tcp, udp])
        }
        for client in plan.clients {
            try check(client, ports.http, "http", [tcp])
            try check(client, ports.dns, "dns", [tcp, udp])
        }
    }

    private static func check(
        _ address: IPAddress, _ port: Int, _ key: String, _ kinds: [Int32]
    ) throws(AgentProcess.Failure) {
        // Not positive: switched off.
        guard port > 0 else { return }
        let endpoint = Endpoint(address, UInt16(clamping: port))
        for kind in kinds {
            let code = take(endpoint, kind)
            guard code == 0 else { throw refusal(endpoint, "ports.\(key)", code) }
        }
    }

    /// Names the address, what is wrong with it and what to do.
    static func refusal(_ endpoint: Endpoint, _ key: String, _ code: Int32) -> AgentProcess.Failure {
        let advice =
            switch code {
            case EADDRINUSE: "; stop what listens there, or give another port or address"
            case EADDRNOTAVAIL: "; this machine does not have the address, give another -bind or -client"
            case EACCES: "; ports below 1024 need a privilege, give another port"
            default: "; give another port or address"
            }
        let reason = String(cString: strerror(code))
        return AgentProcess.Failure(description: "\(key): cannot listen on \(endpoint): \(reason)\(advice)")
    }

    /// - Returns: 0, or the system's error number.
    private static func take(_ endpoint: Endpoint, _ kind: Int32) -> Int32 {
        let family = endpoint.address.isIPv6 ? AF_INET6 : AF_INET
        let descriptor = socket(family, kind | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        var isOn: Int32 = 1
        if kind == tcp {
            // As the listener itself: connections of an earlier run may still be closing.
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
        }
        guard bind(descriptor, endpoint) == 0, kind == udp || listen(descriptor, 1) == 0 else { return errno }
        return 0
    }

    private static func bind(_ descriptor: Int32, _ endpoint: Endpoint) -> Int32 {
        func bound(_ address: inout some Any) -> Int32 {
            withUnsafePointer(to: &address) { pointer in
                let size = socklen_t(MemoryLayout.size(ofValue: pointer.pointee))
                return Glibc.bind(descriptor, UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self), size)
            }
        }
        if endpoint.address.isIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = endpoint.port.bigEndian
            withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: endpoint.address.bytes) }
            return bound(&address)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = endpoint.port.bigEndian
        withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: endpoint.address.bytes) }
        return bound(&address)
    }
}
