import ClientHTTP
import Glibc
import TopologyCore

/// Asks agents over their sockets, and waits for each answer.
struct LiveAsker: FederationAsker, Sendable {
    let http: any HTTPClient
    /// By name.
    let addresses: [String: String]

    init(_ http: any HTTPClient, _ plan: TopologyPlan) {
        self.http = http
        addresses = Dictionary(plan.agents.map { ($0.name, $0.address) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func ask(_ question: FederationQuestion) throws(FederationReason) -> FederationAnswer {
        guard let address = addresses[question.agent] else { throw FederationReason("no agent \(question.agent)") }
        switch question.kind {
        case .http(let target):
            let begun = ContinuousClock.now
            do throws(HTTPClientError) {
                let call = HTTPCall("GET", "http://\(address):8500", target, timeout: question.timeout)
                let answer = try http.perform(call)
                return .http(
                    HTTPReply(
                        status: answer.status, headers: answer.headers, body: answer.body,
                        time: ContinuousClock.now - begun))
            } catch {
                throw FederationReason("\(question.agent): \(error)")
            }
        case .dns(let name, let kind):
            do throws(FederationReason) {
                return .dns(try Self.ask(name, kind, server: address, timeout: question.timeout))
            } catch {
                throw FederationReason("\(question.agent): \(name): \(error)")
            }
        }
    }

    /// One question over UDP.
    static func ask(
        _ name: String, _ kind: DNSAsking.Kind, server: String, port: UInt16 = 8600, timeout: Duration = .seconds(2)
    ) throws(FederationReason) -> DNSAsking.Answer {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw FederationReason(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var address = SocketAddress.make(server, port)
        guard SocketAddress.withPointer(&address, { connect(descriptor, $0, $1) }) == 0 else {
            throw FederationReason(String(cString: strerror(errno)))
        }
        var random = SystemRandomNumberGenerator()
        let id = UInt16.random(in: 0 ... .max, using: &random)
        let packet = DNSAsking.packet(id, name, kind)
        guard send(descriptor, packet, packet.count, 0) == packet.count else {
            throw FederationReason(String(cString: strerror(errno)))
        }
        let deadline = ContinuousClock.now + timeout
        while true {
            let left = (deadline - .now).components
            let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let count = milliseconds > 0 ? poll(&entry, 1, Int32(clamping: milliseconds)) : 0
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw FederationReason("no DNS answer within \(timeout.shown)") }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let received = recv(descriptor, &buffer, buffer.count, 0)
            guard received >= 0 else { throw FederationReason(String(cString: strerror(errno))) }
            if let answer = try DNSAsking.parse(Array(buffer[..<received]), id: id) { return answer }
        }
    }
}
