import FederationModel
import NIOPosix
import NIOTransport
import Testing

@Suite("Questions put to another server", .serialized)
struct DNSForwarderTests {
    private let loops = MultiThreadedEventLoopGroup.singleton

    private func ask(
        _ handler: @escaping DNSListener.Handler, over transport: DNSTransport,
        accepts: @escaping DNSForwarder.Acceptance = { _ in true }
    ) async throws -> [UInt8]? {
        let server = try await DNSListener.bind(
            to: Endpoint(IPAddress(127, 0, 0, 1), 0), loop: loops.next(), handler: handler)
        let forwarder = DNSForwarder(loops: loops, timeout: .milliseconds(300))
        let answer = await withCheckedContinuation { continuation in
            forwarder.ask([1, 2, 3], of: server.endpoint, over: transport, accepts: accepts) {
                continuation.resume(returning: $0)
            }
        }
        await server.close()
        return answer
    }

    @Test("An answer comes back, over UDP and TCP", arguments: [DNSTransport.udp, .tcp])
    func answers(transport: DNSTransport) async throws {
        let answer = try await ask({ packet, _, responder in responder.respond(packet + [9]) }, over: transport)
        #expect(answer == [1, 2, 3, 9])
    }

    @Test("Silence, and what is no answer, end with the time", arguments: [DNSTransport.udp, .tcp])
    func silence(transport: DNSTransport) async throws {
        #expect(try await ask({ _, _, responder in responder.respond(nil) }, over: transport) == nil)
        let foreign = try await ask(
            { packet, _, responder in responder.respond(packet) }, over: transport, accepts: { _ in false })
        #expect(foreign == nil)
    }

    @Test("A server that is not there") func absence() async throws {
        let forwarder = DNSForwarder(loops: loops, timeout: .milliseconds(300))
        for transport in [DNSTransport.udp, .tcp] {
            let answer = await withCheckedContinuation { continuation in
                forwarder.ask([1], of: Endpoint(IPAddress(127, 0, 0, 1), 1), over: transport, accepts: { _ in true }) {
                    continuation.resume(returning: $0)
                }
            }
            #expect(answer == nil)
        }
    }
}
