import FederationModel
import Foundation
import NIOCore
import NIOPosix
import NIOTransport
import Testing

/// A transport on a loop of its own with everything it told.
private final class StreamBench: Sendable {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let events = Recorder<StreamEvent>()
    let transport: StreamTransport

    init(limits: StreamLimits = StreamLimits()) {
        let events = events
        transport = StreamTransport(loop: group.next(), limits: limits) { events.append($0) }
    }

    func listen(_ host: IPAddress = IPAddress(127, 0, 0, 1)) throws -> Endpoint {
        try transport.loop.flatSubmit { [transport] in transport.listen(.rpc, on: Endpoint(host, 0)) }.wait()
    }

    func perform(_ step: @escaping @Sendable (StreamTransport) -> Void) throws {
        try transport.loop.submit { [transport] in step(transport) }.wait()
    }

    func received(_ stream: StreamID) -> [UInt8] { bytes(of: stream, in: events.all) }

    func stop() throws {
        try transport.loop.flatSubmit { [transport] in transport.shutdown() }.wait()
        try group.syncShutdownGracefully()
    }
}

private func bytes(of stream: StreamID, in events: [StreamEvent]) -> [UInt8] {
    events.flatMap { event -> [UInt8] in
        if case .received(stream, let bytes) = event { bytes } else { [] }
    }
}

private func hasClosed(_ events: [StreamEvent]) -> Bool {
    events.contains { if case .closed = $0 { true } else { false } }
}

@Suite(.serialized) struct StreamTransportTests {
    private let dialled = StreamID(.rpc, 2)
    private let accepted = StreamID(.rpc, 1)

    @Test("Bytes go both ways between two transports", arguments: ["127.0.0.1", "::1"])
    func roundTrip(host: String) throws {
        let address = try #require(IPAddress(host))
        let (server, client) = (StreamBench(), StreamBench())
        let endpoint = try server.listen(address)
        try client.perform { [dialled] in $0.connect(dialled, to: endpoint, from: address, timeout: .seconds(2)) }
        #expect(client.events.wait(count: 1) == [.connected(dialled)])
        guard case .accepted(accepted, let from) = server.events.wait(count: 1).first else {
            Issue.record("\(server.events.all)")
            return
        }
        #expect(from.address == address)
        let large = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
        try client.perform { [dialled] in
            $0.write(dialled, [1, 2, 3])
            $0.write(dialled, large)
        }
        server.events.wait { bytes(of: accepted, in: $0).count >= large.count + 3 }
        let isSame = server.received(accepted) == [1, 2, 3] + large
        #expect(isSame)
        try server.perform { [accepted] in
            $0.write(accepted, [9])
            $0.close(accepted)
        }
        let events = client.events.wait { hasClosed($0) }
        #expect(events == [.connected(dialled), .received(dialled, [9]), .closed(dialled)])
        #expect(!hasClosed(server.events.all))
        try client.stop()
        try server.stop()
    }

    @Test("A large answer followed by a close arrives whole, also when the peer is still sending")
    func closeAfterWrite() throws {
        let (server, client) = (StreamBench(), StreamBench())
        let endpoint = try server.listen()
        try client.perform { [dialled] in $0.connect(dialled, to: endpoint, timeout: .seconds(2)) }
        client.events.wait(count: 1)
        server.events.wait(count: 1)
        let answer = [UInt8](repeating: 7, count: 3_000_000)
        try client.perform { [dialled] in $0.write(dialled, [UInt8](repeating: 1, count: 100_000)) }
        try server.perform { [accepted] in
            $0.write(accepted, answer)
            $0.close(accepted)
        }
        client.events.wait { hasClosed($0) }
        #expect(client.received(dialled).count == answer.count)
        try client.stop()
        try server.stop()
    }

    @Test("The source address is the one given") func sourceAddress() throws {
        let (server, client) = (StreamBench(), StreamBench())
        let endpoint = try server.listen()
        let source = IPAddress(127, 0, 3, 4)
        try client.perform { [dialled] in $0.connect(dialled, to: endpoint, from: source, timeout: .seconds(2)) }
        guard case .accepted(_, let from) = server.events.wait(count: 1).first else {
            Issue.record("\(server.events.all)")
            return
        }
        #expect(from.address == source)
        try client.stop()
        try server.stop()
    }

    @Test("A refused connect says so; one that nobody answers times out") func connectFailures() throws {
        let (server, client) = (StreamBench(), StreamBench())
        let endpoint = try server.listen()
        try server.stop()
        try client.perform { [dialled] in $0.connect(dialled, to: endpoint, timeout: .seconds(2)) }
        #expect(client.events.wait(count: 1) == [.connectFailed(dialled, "connection refused")])
        // A listener whose queue is full answers no further SYN.
        let full = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(full) }
        var storage = sockaddr_storage()
        var length = socklen_t(RawClient.fill(&storage, Endpoint(IPAddress(127, 0, 0, 1), 0)))
        withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(full, $0, length)
                _ = listen(full, 0)
                _ = getsockname(full, $0, &length)
            }
        }
        let port = withUnsafeBytes(of: storage) { UInt16($0[2]) << 8 | UInt16($0[3]) }
        let deaf = Endpoint(IPAddress(127, 0, 0, 1), port)
        let first = RawClient(deaf)
        #expect(first != nil)
        for number in UInt64(2)...4 {
            try client.perform { $0.connect(StreamID(.lan, number * 2), to: deaf, timeout: .milliseconds(200)) }
        }
        func hasTimedOut(_ events: [StreamEvent]) -> Bool {
            events.contains { if case .connectFailed(_, "connect timeout") = $0 { true } else { false } }
        }
        let isTimedOut = hasTimedOut(client.events.wait { hasTimedOut($0) })
        #expect(isTimedOut)
        try client.stop()
    }

    @Test("A dial that is closed meanwhile is not heard of") func closeWhileDialling() throws {
        let (server, client) = (StreamBench(), StreamBench())
        let endpoint = try server.listen()
        try client.perform { [dialled] in
            $0.connect(dialled, to: endpoint, timeout: .seconds(2))
            $0.close(dialled)
        }
        try client.perform { $0.connect(StreamID(.rpc, 4), to: endpoint, timeout: .seconds(2)) }
        let events = client.events.wait { $0.contains(.connected(StreamID(.rpc, 4))) }
        #expect(events.allSatisfy { $0 == .connected(StreamID(.rpc, 4)) || $0 == .connected(dialled) })
        #expect(!hasClosed(client.events.all))
        try client.stop()
        try server.stop()
    }

    @Test("A peer that reads nothing is closed at the bound") func writeBound() throws {
        var limits = StreamLimits()
        limits.maxWriteBufferBytes = 1 << 20
        let server = StreamBench(limits: limits)
        let endpoint = try server.listen()
        let peer = try #require(RawClient(endpoint, receiveBuffer: 4096))
        server.events.wait(count: 1)
        for _ in 1...64 {
            try server.perform { [accepted] in $0.write(accepted, [UInt8](repeating: 0, count: 256 << 10)) }
        }
        #expect(server.events.wait { hasClosed($0) }.last == .closed(accepted))
        withExtendedLifetime(peer) {}
        try server.stop()
    }

    @Test("Beyond the limit of accepted streams a new one is closed; half-closing counts as closing")
    func acceptLimit() throws {
        var limits = StreamLimits()
        limits.maxAccepted = 2
        let server = StreamBench(limits: limits)
        let endpoint = try server.listen()
        let first = try #require(RawClient(endpoint))
        let second = try #require(RawClient(endpoint))
        server.events.wait(count: 2)
        let third = try #require(RawClient(endpoint))
        #expect(third.isEnded())
        shutdown(first.descriptor, Int32(SHUT_WR))
        #expect(server.events.wait { hasClosed($0) }.last == .closed(StreamID(.rpc, 1)))
        #expect(first.isEnded())
        let fourth = try #require(RawClient(endpoint))
        #expect(server.events.wait(count: 4).count == 4)
        withExtendedLifetime((second, fourth)) {}
        try server.stop()
    }

    @Test("Datagrams keep their borders and sender") func datagrams() throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let here = Endpoint(IPAddress(127, 0, 0, 1), 0)
        let found = Recorder<[UInt8]>()
        let senders = Recorder<Endpoint>()
        let receiver = try DatagramSocket.bind(to: here, loop: loop) { from, bytes in
            senders.append(from)
            found.append(bytes)
        }.wait()
        let sender = try DatagramSocket.bind(to: here, loop: loop) { _, _ in }.wait()
        let packets: [[UInt8]] = [[1], [UInt8](repeating: 2, count: 1400), [UInt8](repeating: 3, count: 60_000)]
        try loop.submit {
            for packet in packets { sender.send(packet, to: receiver.endpoint) }
            sender.send([UInt8](repeating: 4, count: 70_000), to: receiver.endpoint)
            sender.send([5], to: receiver.endpoint)
        }.wait()
        let arrived = found.wait(count: 4)
        #expect(arrived.map(\.count) == [1, 1400, 60_000, 1])
        let isSame = arrived == packets + [[5]]
        #expect(isSame)
        #expect(Set(senders.all) == [sender.endpoint])
        try sender.close().wait()
        try receiver.close().wait()
        try group.syncShutdownGracefully()
    }
}
