import AgentCore
import CatalogCore
package import Configuration
import CurlProbes
import DNSCore
import Determinism
import FederationModel
import FileStorage
import Glibc
import GossipCore
import HTTPCore
import Logging
import NIOCore
import NIOPosix
import NIOTransport
import Patterns
import RaftCore
import ServerCore
import StorageFormat
import Synchronization
import Telemetry
import WireFormat

/// One agent: opens its directory, takes its ports, starts the core, and ends in order.
package enum AgentProcess {
    /// Why an agent did not start or had to end: one clear line.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Runs until the agent has stopped.
    /// - Parameters:
    ///   - keysWithoutEffect: accepted options that do nothing yet; said once.
    ///   - reload: reads flags and files again, for SIGHUP and `/v1/agent/reload`; blocking.
    package static func run(
        _ configuration: AgentConfiguration, keysWithoutEffect: [String],
        reload: @escaping @Sendable () throws -> AgentConfiguration
    ) async throws {
        let level = LogLevelBox(LogLine.Level(consulName: configuration.logLevel).map { Logger.Level($0) } ?? .info)
        let logger = Logger(label: "isthmus") { _ in AgentLogHandler(level: level, isJSON: configuration.logJSON) }
        let plan: AgentPlan
        do throws(AgentPlan.Problem) { plan = try AgentPlan(configuration, in: .machine) } catch {
            throw Failure(description: error.description)
        }
        let files = raiseOpenFileLimit()
        logger.log(
            LogLine(
                .info, "agent starts",
                [
                    "version": Build.version, "node": plan.node, "datacenter": configuration.datacenter,
                    "server": String(configuration.isServer), "limit.files": String(files),
                ]))
        if !keysWithoutEffect.isEmpty {
            logger.log(
                LogLine(.info, "accepted, without effect yet", ["keys": keysWithoutEffect.joined(separator: " ")]))
        }
        try PortProbe.check(plan)
        let directory = try DataDirectory(configuration)
        defer { directory.remove() }
        let machine = MachineRequests(dataDirectory: directory.path, logLevel: level, load: reload)
        try await serve(plan, directory: directory.path, logger: logger, machine)
    }

    /// The soft limit becomes the hard one: each connection is a file.
    private static func raiseOpenFileLimit() -> UInt64 {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return UInt64(limit.rlim_cur)
    }

    // MARK: Storage

    private struct Opened {
        let storage: Storage
        let contents: StorageContents
        let relay: StorageRelay
    }

    private static func open(_ plan: AgentPlan, _ directory: String, _ logger: Logger) throws -> Opened {
        var options = StorageOptions()
        options.hasLog = plan.configuration.isServer
        func open() throws(StorageError) -> Opened {
            let relay = StorageRelay { logger.error("\($0)") }
            let (storage, contents) = try Storage.open(
                directory: directory, datacenter: plan.configuration.datacenter,
                nodeID: NodeID(plan.configuration.nodeID), options: options
            ) { [relay] in relay.report($0) }
            return Opened(storage: storage, contents: contents, relay: relay)
        }
        do throws(StorageError) {
            let opened = try open()
            for note in opened.contents.notes { logger.warning("\(note)") }
            if let torn = opened.contents.tornFile {
                logger.log(LogLine(.notice, "an unfinished write was cut off", ["file": torn]))
            }
            guard let peers = opened.contents.recoveredPeers else { return opened }
            // The operator's peer set takes effect as a write of its own; the directory is then opened as it is.
            guard let batch = opened.contents.recovery.replacingPeers(with: peers) else {
                throw StorageError.unusable("raft/peers.json: the log is empty or no server has a vote")
            }
            opened.storage.submit(batch, sequence: 1)
            opened.storage.retirePeersFile()
            opened.storage.close()
            guard opened.relay.persistedSequence == 1 else {
                throw StorageError.unusable("raft/peers.json: the new peer set could not be written")
            }
            logger.log(
                LogLine(
                    .notice, "peer set recovered", ["raft.servers": peers.servers.map(\.name).joined(separator: " ")]))
            return try open()
        } catch {
            throw Failure(description: error.description)
        }
    }

    // MARK: Service

    private static func serve(
        _ plan: AgentPlan, directory: String, logger: Logger, _ machine: MachineRequests
    ) async throws {
        let opened = try open(plan, directory, logger)
        let storage = opened.storage
        let pidFile: PIDFile
        do {
            pidFile = try PIDFile(plan.configuration.pidFile)
        } catch {
            storage.close()
            throw error
        }
        defer { pidFile.remove() }
        let server: ServerConfiguration
        do throws(AgentPlan.Problem) {
            server = try configured(plan, opened)
        } catch {
            storage.close()
            throw Failure(description: error.description)
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let connections = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let end = Ending()
        let control = ControlLoop(
            core: try core(server, opened), loop: group.next(), logger: logger, onStop: { end.stop($0, failed: $1) })
        var listeners: Listeners?
        do {
            listeners = try await Listeners.bind(
                plan, control, storage, opened.relay, connections, machine, nodeID: opened.contents.nodeID,
                logger: logger)
        } catch {
            storage.close()
            try? await connections.shutdownGracefully()
            try? await group.shutdownGracefully()
            throw Failure(description: "\(error)")
        }
        let front = listeners?.front
        SignalThread.start { number in
            guard number != SIGHUP else {
                front?.reload { logger.error("the configuration is not reloaded: \($0)") }
                return
            }
            signalled(number, plan.configuration, control, end)
        }
        logger.log(
            LogLine(
                .notice, "agent is up",
                ["http": plan.clients.map { "\($0):\(plan.configuration.ports.http)" }.joined(separator: " ")]))
        let outcome = await end.wait()
        logger.log(LogLine(outcome.failed ? .error : .notice, "agent stops", ["reason": outcome.reason]))
        await listeners?.close()
        storage.close()
        try? await connections.shutdownGracefully()
        try? await group.shutdownGracefully()
        if outcome.failed { throw Failure(description: outcome.reason) }
    }

    private static func configured(_ plan: AgentPlan, _ opened: Opened) throws(AgentPlan.Problem) -> ServerConfiguration
    {
        var server = try plan.serverConfiguration(nodeID: opened.contents.nodeID)
        server.lanSnapshot = file(ServerCore.snapshotName(.lan), opened)
        server.wanSnapshot = file(ServerCore.snapshotName(.wan), opened)
        server.savedKeyrings = try savedKeyrings(plan, opened)
        server.forgottenFile = file(ServerCore.forgottenName, opened)
        server.datacentersFile = file(ServerCore.datacentersName, opened)
        server.commitFile = file(ServerCore.commitFileName, opened)
        server.calendarOrigin = AgentClock.calendarOrigin
        return server
    }

    /// A ring that cannot be read ends the start: without its keys the agent would be alone, or speak plainly.
    private static func savedKeyrings(
        _ plan: AgentPlan, _ opened: Opened
    ) throws(AgentPlan.Problem) -> [FederationModel.Channel: Keyring] {
        var rings: [FederationModel.Channel: Keyring] = [:]
        guard !plan.configuration.disableKeyringFile else { return rings }
        for channel in plan.configuration.isServer ? [FederationModel.Channel.lan, .wan] : [.lan] {
            let name = ServerCore.keyringName(channel)
            func problem(_ text: String) -> AgentPlan.Problem {
                AgentPlan.Problem(
                    description: "\(name): \(text); repair it, or remove it to begin again with -encrypt")
            }
            let bytes: [UInt8]?
            do throws(StorageError) { bytes = try opened.storage.readFile(name) } catch {
                throw problem(error.description)
            }
            guard let bytes else { continue }
            do throws(KeyringFile.Problem) { rings[channel] = try KeyringFile.read(bytes) } catch {
                throw problem(error.text)
            }
        }
        return rings
    }

    private static func file(_ name: String, _ opened: Opened) -> [UInt8] {
        ((try? opened.storage.readFile(name)) ?? nil) ?? []
    }

    private static func core(_ server: ServerConfiguration, _ opened: Opened) throws -> ServerCore {
        var catalog: Catalog?
        if opened.contents.recovery.snapshot != nil {
            do throws(WireError) {
                catalog = try Catalog(snapshot: opened.contents.snapshotData)
            } catch {
                throw Failure(description: "the catalog snapshot cannot be read: \(error.description)")
            }
        }
        var system = SystemRandomNumberGenerator()
        return ServerCore(
            server, recovery: opened.contents.recovery, snapshot: catalog,
            localState: file(ServerCore.localStateName, opened), identities: systemBytes(ServerCore.identityByteCount),
            at: AgentClock.now, random: SeededRandom(seed: system.next()))
    }

    /// Of the operating system's generator: what must not be guessed.
    static func systemBytes(_ count: Int) -> [UInt8] {
        var system = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            withUnsafeBytes(of: system.next()) { bytes.append(contentsOf: $0) }
        }
        return Array(bytes.prefix(count))
    }

    /// A second signal ends at once: the first one's leaving may hang on a broken datacenter.
    private static func signalled(
        _ number: Int32, _ configuration: AgentConfiguration, _ control: ControlLoop, _ end: Ending
    ) {
        guard end.isFirstSignal() else { return end.stop("second signal", failed: false) }
        let leaves = number == SIGINT ? configuration.leavesOnInterrupt : configuration.leavesOnTerminate
        control.submit(.shutdown(leave: leaves))
    }
}

/// The end of an agent, told once.
private final class Ending: Sendable {
    struct Outcome: Sendable {
        let reason: String
        let failed: Bool
    }

    private struct State {
        var outcome: Outcome?
        var waiter: CheckedContinuation<Outcome, Never>?
        var signalCount = 0
    }

    private let state = Mutex(State())

    func isFirstSignal() -> Bool {
        state.withLock { state in
            state.signalCount += 1
            return state.signalCount == 1
        }
    }

    func stop(_ reason: String, failed: Bool) {
        let outcome = Outcome(reason: reason, failed: failed)
        let waiter = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            guard state.outcome == nil else { return nil }
            state.outcome = outcome
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: outcome)
    }

    func wait() async -> Outcome {
        await withCheckedContinuation { continuation in
            let outcome = state.withLock { state -> Outcome? in
                if state.outcome == nil { state.waiter = continuation }
                return state.outcome
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }
}
