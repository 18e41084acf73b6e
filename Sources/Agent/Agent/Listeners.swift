import AgentCore
import Configuration
import CurlProbes
import DNSCore
import Determinism
import FederationModel
import Gzip
import FileStorage
import Glibc
import HTTPCore
import Logging
import NIOCore
import NIOPosix
import NIOTransport
import Patterns
import ServerCore

/// Every socket of an agent. All ports are taken before the core starts: a taken one is an error, not half an agent.
struct Listeners {
    let streams: StreamTransport
    let datagrams: [FederationModel.Channel: DatagramSocket]
    let http: [HTTPListener]
    let dns: [DNSListener]
    let probes: ProbeEngine
    let control: ControlLoop
    let front: HTTPFrontEnd
    let webhook: Webhook?

    struct Taken: Error, CustomStringConvertible {
        let description: String
    }

    static func bind(
        _ plan: AgentPlan, _ control: ControlLoop, _ storage: Storage, _ relay: StorageRelay,
        _ connections: MultiThreadedEventLoopGroup, _ machine: MachineRequests, nodeID: NodeID, logger: Logger
    ) async throws -> Listeners {
        let ports = plan.configuration.ports
        let streams = StreamTransport(loop: control.loop) { [weak control] event in control?.receive(Input(event)) }
        var channels = [(FederationModel.Channel.lan, plan.bindLAN, ports.serfLAN, "serf_lan")]
        if plan.configuration.isServer {
            channels.append((.rpc, plan.bind, ports.server, "server"))
            if ports.serfWAN > 0 { channels.append((.wan, plan.bindWAN, ports.serfWAN, "serf_wan")) }
        }
        var datagrams: [FederationModel.Channel: DatagramSocket] = [:]
        for (channel, address, port, key) in channels {
            let endpoint = Endpoint(address, UInt16(clamping: port))
            try await taking(endpoint, "ports.\(key)") {
                _ = try await control.loop.flatSubmit { streams.listen(channel, on: endpoint) }.get()
            }
            guard channel != .rpc else { continue }
            try await taking(endpoint, "ports.\(key)") {
                datagrams[channel] = try await control.loop.flatSubmit {
                    DatagramSocket.bind(to: endpoint, loop: control.loop) { [weak control] from, bytes in
                        control?.receive(.datagram(channel, from: from, bytes))
                    }
                }.get()
            }
        }
        let view = ViewBox()
        let answers = AnswerTable()
        let probes = ProbeEngine { [weak control] probe, result in control?.submit(.probed(probe, result)) }
        let front = try fronts(plan, control, view, answers, machine, connections, nodeID: nodeID)
        var http: [HTTPListener] = []
        var dns: [DNSListener] = []
        for client in plan.clients {
            if ports.http > 0 {
                let endpoint = Endpoint(client, UInt16(clamping: ports.http))
                try await taking(endpoint, "ports.http") {
                    http.append(try await bindHTTP(
                        endpoint, front.http, plan.configuration.limits, connections))
                }
            }
            if ports.dns > 0 {
                let endpoint = Endpoint(client, UInt16(clamping: ports.dns))
                try await taking(endpoint, "ports.dns") {
                    let memory = front.dns.newMemory()
                    dns.append(
                        try await DNSListener.bind(
                            to: endpoint, loop: connections.next(),
                            recall: { front.dns.recall($0, memory, into: &$1) }
                        ) { packet, transport, responder in
                            front.dns.handle(packet, isTCP: transport == .tcp, memory, responder)
                        })
                }
            }
        }
        let hook = plan.configuration.federation.webhook
        let webhook = hook.isEmpty
            ? nil : Webhook(url: hook, observer: plan.configuration.datacenter, server: plan.node, logger: logger)
        let shells = ControlLoop.Shells(
            streams: streams, sources: sources(plan), datagrams: datagrams, storage: storage, probes: probes,
            resolver: AddressResolver(), view: view, answers: answers, webhook: webhook)
        relay.connect { [weak control] in control?.submit($0) }
        try await control.loop.submit { control.start(shells) }.get()
        return Listeners(
            streams: streams, datagrams: datagrams, http: http, dns: dns, probes: probes, control: control,
            front: front.http, webhook: webhook)
    }

    /// Where streams are dialled from: an unspecified address leaves it to the system.
    private static func sources(_ plan: AgentPlan) -> [FederationModel.Channel: IPAddress] {
        [FederationModel.Channel.lan: plan.bindLAN, .wan: plan.bindWAN, .rpc: plan.bind]
            .filter { !$0.value.bytes.allSatisfy { $0 == 0 } }
    }

    private static func taking(_ endpoint: Endpoint, _ key: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as IOError {
            throw PortProbe.refusal(endpoint, key, error.errnoCode)
        }
    }

    private static func fronts(
        _ plan: AgentPlan, _ control: ControlLoop, _ view: ViewBox, _ answers: AnswerTable,
        _ machine: MachineRequests, _ connections: MultiThreadedEventLoopGroup, nodeID: NodeID
    ) throws -> (http: HTTPFrontEnd, dns: DNSServer) {
        var system = SystemRandomNumberGenerator()
        var context = plan.httpContext
        context.debugConfiguration = DebugConfiguration.tree(plan, nodeID: nodeID)
        context.runtime = runtime
        context.gzip = .zlib
        let http = HTTPFrontEnd(
            router: HTTPRouter(context: context), view: view, answers: answers, control: control,
            resolver: AddressResolver(), machine: machine, seed: system.next())
        guard let frontEnd = DNSFrontEnd(context: plan.dnsContext(serial: UInt32(truncatingIfNeeded: time(nil)))) else {
            throw Taken(description: "domain: \"\(plan.configuration.dns.domain)\" is no domain name")
        }
        let names = plan.configuration.dns
        let dns = DNSServer(
            frontEnd: frontEnd, view: view, answers: answers, control: control, recursors: plan.recursors,
            forwarder: DNSForwarder(loops: connections, timeout: names.recursorTimeout), seed: system.next())
        return (http, dns)
    }

    /// What Consul tells of Go's runtime; `goroutines` is a count of threads, which do that work here.
    private static var runtime: [String: String] {
        #if arch(arm64)
            let architecture = "arm64"
        #else
            let architecture = "amd64"
        #endif
        let processors = String(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        return [
            "arch": architecture, "cpu_count": processors, "goroutines": processors, "max_procs": processors,
            "os": "linux", "version": "swift",
        ]
    }

    private static func bindHTTP(
        _ endpoint: Endpoint, _ front: HTTPFrontEnd, _ configured: AgentConfiguration.Limits,
        _ loops: MultiThreadedEventLoopGroup
    ) async throws -> HTTPListener {
        var limits = HTTPLimits()
        limits.maxConnectionsPerClient = configured.httpMaxConnectionsPerClient
        return try await HTTPListener.bind(
            to: .tcp(endpoint), loops: loops, limits: limits, recall: { front.recall($0) }
        ) { head, body, responder in
            let request = HTTPRequest(
                method: head.method, target: head.uri, headers: head.headers, body: body,
                remote: head.from?.address ?? IPAddress(127, 0, 0, 1))
            front.handle(request, head.repeated, responder)
        }
    }

    func close() async {
        webhook?.close()
        for listener in http { await listener.close() }
        for listener in dns { await listener.close() }
        for channel in [FederationModel.Channel.lan, .wan] {
            guard let socket = datagrams[channel] else { continue }
            _ = try? await control.loop.flatSubmit { socket.close() }.get()
        }
        _ = try? await control.loop.flatSubmit { streams.shutdown() }.get()
        probes.shutdown()
    }
}

extension Input {
    init(_ event: StreamEvent) {
        self =
            switch event {
            case .accepted(let stream, let from): .accepted(stream, from: from)
            case .connected(let stream): .connected(stream)
            case .connectFailed(let stream, let reason): .connectFailed(stream, reason)
            case .received(let stream, let bytes): .received(stream, bytes)
            case .closed(let stream): .closed(stream)
            }
    }
}
