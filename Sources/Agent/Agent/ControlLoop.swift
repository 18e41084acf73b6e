import CatalogCore
import CurlProbes
import Determinism
import FederationModel
import FileStorage
import Logging
import NIOCore
import NIOTransport
import RaftCore
import ServerCore
import StorageFormat
import Synchronization
import Telemetry

/// The one event loop on which the core lives: inputs come in batches, effects leave in order.
///
/// `@unchecked Sendable`: everything but the mailbox is touched on `loop` alone, which each entry asserts; other
/// threads only `submit`.
final class ControlLoop: @unchecked Sendable {
    /// What the control loop drives; each is given before `start`.
    struct Shells {
        var streams: StreamTransport
        /// Where dialled streams come from: the bound addresses, so that firewall rules and cuts by address apply.
        var sources: [FederationModel.Channel: IPAddress]
        var datagrams: [FederationModel.Channel: DatagramSocket]
        var storage: Storage
        var probes: ProbeEngine
        var resolver: AddressResolver
        var view: ViewBox
        var answers: AnswerTable
        /// Told of changed verdicts; nil: nobody is.
        var webhook: Webhook?
    }

    let loop: any EventLoop
    private let logger: Logger
    private let onStop: @Sendable (_ reason: String, _ failed: Bool) -> Void
    private let mailbox = Mutex<[Input]>([])

    private var core: ServerCore
    private var shells: Shells?
    private var effects: [Effect] = []
    private var performing: [Effect] = []
    private var timer: Scheduled<Void>?
    private var timerDeadline = Instant.distantFuture
    private var isTurnScheduled = false
    private var isStopped = false
    private var learnedCluster = false

    init(
        core: ServerCore, loop: any EventLoop, logger: Logger,
        onStop: @escaping @Sendable (_ reason: String, _ failed: Bool) -> Void
    ) {
        self.core = core
        self.loop = loop
        self.logger = logger
        self.onStop = onStop
    }

    /// On the loop, once.
    func start(_ shells: Shells) {
        loop.assertInEventLoop()
        self.shells = shells
        turn()
    }

    // MARK: Inputs

    /// From any thread. Inputs of one burst are handed in together: their writes share one sync and one message.
    func submit(_ input: Input) {
        let isFirst = mailbox.withLock { waiting in
            waiting.append(input)
            return waiting.count == 1
        }
        if isFirst { loop.execute { self.turn() } }
    }

    /// On the loop: what sockets of this loop received. Performed at the end of the present tick.
    func receive(_ input: Input) {
        loop.assertInEventLoop()
        guard !isStopped else { return }
        core.handle(input, at: AgentClock.now, into: &effects)
        guard !isTurnScheduled else { return }
        isTurnScheduled = true
        loop.execute { self.turn() }
    }

    private func turn() {
        loop.assertInEventLoop()
        isTurnScheduled = false
        guard !isStopped, shells != nil else { return }
        let inputs = mailbox.withLock { waiting in
            var taken: [Input] = []
            swap(&taken, &waiting)
            return taken
        }
        let now = AgentClock.now
        for input in inputs { core.handle(input, at: now, into: &effects) }
        core.advance(to: now, into: &effects)
        drain()
        rearm()
    }

    private func drain() {
        while !effects.isEmpty {
            swap(&effects, &performing)
            for effect in performing { perform(effect) }
            performing.removeAll(keepingCapacity: true)
        }
    }

    private func rearm() {
        let next = core.nextDeadline
        guard next != timerDeadline, !isStopped else { return }
        timer?.cancel()
        timer = nil
        timerDeadline = next
        guard next != .distantFuture else { return }
        let pause = max(Duration.zero, next - AgentClock.now)
        timer = loop.scheduleTask(in: .nanoseconds(pause.wholeNanoseconds)) {
            self.timerDeadline = .distantFuture
            self.turn()
        }
    }

    // MARK: Effects

    private func perform(_ effect: Effect) {
        guard let shells else { return }
        switch effect {
        case .datagram(let channel, let to, let bytes): shells.datagrams[channel]?.send(bytes, to: to)
        case .connect(let stream, let to, let timeout):
            let source = shells.sources[stream.channel]
            shells.streams.connect(stream, to: to, from: source, timeout: timeout)
        case .write(let stream, let bytes): shells.streams.write(stream, bytes)
        case .close(let stream): shells.streams.close(stream)
        case .persist(let sequence, let batch): shells.storage.submit(batch, sequence: sequence)
        case .saveSnapshot(let metadata, let catalog, let trailing):
            shells.storage.saveSnapshot(metadata, keepingTrailing: trailing) { catalog.snapshot() }
        case .installSnapshot(let metadata, let data):
            shells.storage.saveSnapshot(metadata, keepingTrailing: 0) { data }
        case .publish(let view): shells.view.publish(view)
        case .answer(let id, let result, let details): shells.answers.answer(id, result, details)
        case .agentAnswer(let id, let response): shells.answers.answer(id, response)
        case .probe(let id, let request): shells.probes.start(id, request)
        case .cancelProbe(let id): shells.probes.cancel(id)
        case .lookUp(let id, let name):
            shells.resolver.resolve(name.host, port: name.port) { [weak self] in self?.submit(.resolved(id, $0)) }
        case .drawIdentities(let count): receive(.identities(AgentProcess.systemBytes(count)))
        case .saveFile(let name, let bytes): shells.storage.saveFile(name, bytes)
        case .appendFile(let name, let bytes): shells.storage.appendFile(name, bytes)
        case .log(let line): logger.log(line)
        case .observed(let observation): observed(observation, shells)
        case .stop(let reason, let failed): stop(reason, failed: failed)
        }
    }

    private func observed(_ observation: Observation, _ shells: Shells) {
        switch observation {
        case .clusterKnown(let cluster): shells.storage.learn(cluster)
        case .verdict(let datacenter, let from, let to, let reason):
            shells.webhook?.changed(datacenter, from: from, to: to, reason: reason)
        case .becameLeader, .leaderChanged, .applied: break
        }
    }

    private func stop(_ reason: String, failed: Bool) {
        guard !isStopped else { return }
        isStopped = true
        timer?.cancel()
        onStop(reason, failed)
    }
}
