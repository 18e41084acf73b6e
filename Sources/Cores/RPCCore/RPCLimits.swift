/// Limits and times of one agent's server RPC.
package struct RPCLimits: Equatable, Sendable {
    /// An accepted connection says its first byte within this time (Consul's handshake timeout).
    package var openerTimeout = Duration.seconds(5)
    package var connectTimeout = Duration.seconds(10)
    /// A pooled connection without calls is closed after this time.
    package var idleTimeout = Duration.seconds(120)
    /// An accepted connection without yamux, and so without keep-alive, is closed after this time without bytes.
    package var silentTimeout = Duration.seconds(300)
    /// Accepted at once from one address; Consul's default.
    package var maxConnectionsPerAddress = 100
    /// Accepted at once from anywhere: half of a common limit of 16,384 open files.
    package var maxConnections = 8192
    /// Accepted streams of one connection: every blocked query of a client agent's users holds one.
    package var maxStreamsPerConnection = 16_384
    /// Idle streams kept per pooled connection; Consul's number.
    package var maxIdleStreams = 64
    /// Calls in the air or waiting, in all. Each costs a few hundred bytes and its body.
    package var maxCalls = 65_536
    /// A header holds a method name and an error text.
    package var maxHeaderBytes = 65_536
    /// A request holds at most one KV value (512 KiB by default) or one registration; 8 MiB leaves room for values
    /// that a peer's configuration allows beyond that.
    package var maxRequestBytes = 8 << 20
    /// An answer may list a whole prefix or catalog: 10,000 instances of 2 KiB are 20 MiB.
    package var maxResponseBytes = 64 << 20
    /// Unfinished and waiting requests of all accepted connections together; the connection that passes it is closed.
    package var maxBufferedBytes = 256 << 20
    /// Answers that one accepted connection has not yet taken; a peer that asks and never reads is closed.
    package var maxUnsentBytes = 128 << 20
    /// Twice the largest request: a batch of log entries holds at least one of them.
    package var maxRaftFrameBytes = 16 << 20
    /// Raft frames kept for one peer while it is being dialled; the oldest go first, Raft sends again.
    package var maxRaftQueueBytes = 8 << 20
    package var raftConnectTimeout = Duration.seconds(2)
    package var minRaftBackoff = Duration.milliseconds(50)
    package var maxRaftBackoff = Duration.seconds(1)

    package init() {}
}
