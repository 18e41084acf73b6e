import CatalogCore
import Determinism
import FederationModel
import RPCCore
import WireFormat

/// Streams of the server RPC: yamux, net/rpc and Raft frames.
extension FuzzTarget {
    private static let here = Endpoint(IPAddress(127, 0, 0, 1), 8300)
    private static let peer = Endpoint(IPAddress(127, 0, 0, 2), 8300)

    static func rpcTargets(_ random: inout SeededRandom) -> [FuzzTarget] {
        var asked: [[UInt8]] = []
        var answered: [[UInt8]] = []
        for request in SampleRequests.all {
            let session = RPCSession.record(request, random: random.split())
            asked.append(session.asked)
            answered.append(session.answered)
        }
        let frame: [UInt8] = [1, 0, 0, 0, 5, 0x99, 1, 77, 1, 1]
        let plain = SampleRequests.all.map { request in
            var bytes: [UInt8] = [0]
            RPCHeader(method: request.method, sequence: 1).encodeRequest(into: &bytes)
            return bytes + SampleRequests.body(request)
        }
        return [
            accepting(asked + plain + [frame + frame.dropFirst()], random.split()),
            dialling(answered, random.split()),
        ]
    }

    /// One switchboard for all inputs, so that what a broken session leaves behind adds up.
    private static func accepting(_ samples: [[UInt8]], _ seed: SeededRandom) -> FuzzTarget {
        var board = Switchboard(limits: RPCLimits(), random: seed)
        var now = Instant.zero
        var number: UInt64 = 1
        return FuzzTarget("rpc-accepted", samples) { input, random in
            var effects: [SwitchboardEffect] = []
            let stream = StreamID(.rpc, number)
            number += 2
            board.handle(.accepted(stream, from: peer), at: now, into: &effects)
            for piece in pieces(of: input, &random) {
                board.handle(.received(stream, piece), at: now, into: &effects)
                for effect in effects {
                    guard case .inbound(let id, let method, let body, _, _, _) = effect else { continue }
                    var reader = MessagePackReader(body)
                    _ = try? Request.decode(method: method, from: &reader)
                    if Bool.random(using: &random) {
                        board.handle(.reply(id, error: nil, body: [0xC0]), at: now, into: &effects)
                    }
                }
                effects.removeAll(keepingCapacity: true)
                now += .milliseconds(Int.random(in: 0..<500, using: &random))
                board.advance(to: now, into: &effects)
            }
            board.handle(.closed(stream), at: now, into: &effects)
            guard board.connectionCount == 0 else {
                throw Finding("\(board.connectionCount) connections are left over")
            }
        }
    }

    private static func dialling(_ samples: [[UInt8]], _ seed: SeededRandom) -> FuzzTarget {
        var board = Switchboard(limits: RPCLimits(), random: seed)
        var now = Instant.zero
        var number: UInt64 = 0
        return FuzzTarget("rpc-dialled", samples) { input, random in
            var effects: [SwitchboardEffect] = []
            number += 1
            guard let request = SampleRequests.all.randomElement(using: &random) else { return }
            let call = SwitchboardInput.call(
                CallID(number), to: peer, method: request.method, body: SampleRequests.body(request),
                deadline: now + .seconds(10), fresh: false)
            board.handle(call, at: now, into: &effects)
            var stream: StreamID?
            for effect in effects { if case .connect(let id, _, _) = effect { stream = id } }
            guard let stream else { throw Finding("a call dials nobody") }
            board.handle(.connected(stream), at: now, into: &effects)
            for piece in pieces(of: input, &random) {
                board.handle(.received(stream, piece), at: now, into: &effects)
                now += .milliseconds(Int.random(in: 0..<500, using: &random))
                board.advance(to: now, into: &effects)
            }
            board.handle(.closed(stream), at: now, into: &effects)
            now += .seconds(10)
            board.advance(to: now, into: &effects)
            for effect in effects {
                guard case .completed(_, .success(let body)) = effect else { continue }
                var reader = MessagePackReader(body)
                _ = try? request.decodeResponse(from: &reader)
            }
            // A call that was not sent may have dialled once more.
            for effect in effects {
                guard case .connect(let id, _, _) = effect, id != stream else { continue }
                board.handle(.connectFailed(id, "refused"), at: now, into: &effects)
            }
            guard board.callCount == 0 else { throw Finding("\(board.callCount) calls never end") }
        }
    }

    /// As a network may cut it.
    static func pieces(of input: [UInt8], _ random: inout SeededRandom) -> [[UInt8]] {
        let count = Int.random(in: 0...3, using: &random)
        var cuts = (0..<count).map { _ in Int.random(in: 0...input.count, using: &random) }
        cuts = [0] + cuts.sorted() + [input.count]
        return zip(cuts, cuts.dropFirst()).map { Array(input[$0..<$1]) }
    }
}

/// One call between two switchboards, as bytes.
private enum RPCSession {
    static func record(_ request: Request, random: SeededRandom) -> (asked: [UInt8], answered: [UInt8]) {
        var random = random
        var boards = [0, 1].map { _ in Switchboard(limits: RPCLimits(), random: random.split()) }
        var bytes: [[UInt8]] = [[], []]
        let ends = [StreamID(.rpc, 2), StreamID(.rpc, 1)]
        let endpoint = Endpoint(IPAddress(127, 0, 0, 2), 8300)
        var inputs: [(Int, SwitchboardInput)] = [
            (1, .accepted(ends[1], from: endpoint)),
            (
                0,
                .call(
                    CallID(1), to: endpoint, method: request.method, body: SampleRequests.body(request),
                    deadline: Instant.zero + .seconds(10), fresh: false)
            ),
        ]
        while !inputs.isEmpty {
            let (side, input) = inputs.removeFirst()
            var effects: [SwitchboardEffect] = []
            boards[side].handle(input, at: .zero, into: &effects)
            for effect in effects {
                switch effect {
                case .connect(let id, _, _): inputs.append((side, .connected(id)))
                case .write(_, let written):
                    bytes[side] += written
                    inputs.append((1 - side, .received(ends[1 - side], written)))
                case .inbound(let id, _, _, _, _, _):
                    inputs.append((side, .reply(id, error: nil, body: answer(request))))
                case .close, .abandoned, .noted, .completed, .raft, .log: break
                }
            }
        }
        return (bytes[0], bytes[1])
    }

    /// A list of nodes, or any object: the reader of the answer is drawn anyway.
    private static func answer(_ request: Request) -> [UInt8] {
        var writer = MessagePackWriter()
        guard let answer = SampleRequests.catalog.answer(request, datacenter: "dc1") else { return [0xC0] }
        answer.response.encodeBody(into: &writer)
        return writer.bytes
    }
}
