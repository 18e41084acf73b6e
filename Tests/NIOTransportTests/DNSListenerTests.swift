import FederationModel
import Foundation
import NIOCore
import NIOPosix
import NIOTransport
import Testing

@Suite(.serialized) struct DNSListenerTests {
    private func listen(
        limits: DNSLimits = DNSLimits(), handler: @escaping DNSListener.Handler
    ) async throws -> DNSListener {
        try await DNSListener.bind(
            to: Endpoint(IPAddress(127, 0, 0, 1), 0), loop: MultiThreadedEventLoopGroup.singleton.next(),
            limits: limits, handler: handler)
    }

    @Test("Packets by UDP and TCP are answered from the loop and from elsewhere") func answers() async throws {
        let listener = try await listen { packet, transport, responder in
            guard packet.first != 0 else { return responder.respond(nil) }
            let answer = Array(packet.reversed()) + [transport == .tcp ? 1 : 0]
            if packet.count % 2 == 0 {
                responder.respond(answer)
            } else {
                DispatchQueue.global().async { responder.respond(answer) }
            }
        }
        let tcp = try #require(RawClient(listener.endpoint))
        // Two questions in pieces, one of them to be dropped.
        tcp.send([0, 3, 1, 2])
        tcp.send([3, 0, 1, 0, 0, 2, 8])
        tcp.send([9])
        let text = tcp.read(count: 6 + 5)
        #expect(text == [0, 4, 3, 2, 1, 1, 0, 3, 9, 8, 1] || text == [0, 3, 9, 8, 1, 0, 4, 3, 2, 1, 1])

        let found = Recorder<[UInt8]>()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let here = Endpoint(IPAddress(127, 0, 0, 1), 0)
        let client = try await DatagramSocket.bind(to: here, loop: loop) { _, bytes in found.append(bytes) }.get()
        let endpoint = listener.endpoint
        loop.execute { for packet in [[5, 6], [0, 0], [7]] as [[UInt8]] { client.send(packet, to: endpoint) } }
        #expect(Set(found.wait(count: 2)) == [[6, 5, 0], [7, 0]])
        try await client.close().get()
        await listener.close()
    }

    @Test("A TCP connection ends when it is idle, and when it asks too much at once") func limits() async throws {
        var limits = DNSLimits()
        limits.idleTime = .milliseconds(200)
        limits.maxPipelined = 4
        let held = Recorder<DNSResponder>()
        let listener = try await listen(limits: limits) { _, _, responder in held.append(responder) }
        let idle = try #require(RawClient(listener.endpoint))
        idle.send([0, 9, 1])
        #expect(idle.isEnded())
        let greedy = try #require(RawClient(listener.endpoint))
        greedy.send((1...5).flatMap { _ in [UInt8]([0, 1, 1]) })
        #expect(greedy.isEnded())
        #expect(held.all.count == 4)
        for responder in held.all { responder.respond([1]) }
        await listener.close()
    }
}
