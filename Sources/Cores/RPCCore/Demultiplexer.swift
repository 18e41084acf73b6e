/// What the first byte of an accepted connection selects (`wire/consul-rpc.md` 1.3). A value without state: installed
/// once on the listener and again inside TLS, after byte 3 or 22; bytes after the first belong to what it selects.
package enum Demultiplexer {
    package enum Selection: Equatable, Sendable {
        /// 0: one net/rpc stream, no yamux.
        case plain
        /// 1: our own Raft frames, a u32 big-endian length before each.
        case raft
        /// 4: a yamux session of net/rpc streams.
        case multiplexed
        /// 3: a TLS handshake and then another first byte; 22: the TLS record itself, the byte belongs to it.
        case tls(consumesByte: Bool)
        /// Other meanings of Consul that are not served, and bytes without meaning.
        case refused(UInt8)
    }

    /// - Parameter insideTLS: TLS within TLS is refused.
    package static func selection(_ byte: UInt8, insideTLS: Bool = false) -> Selection {
        switch byte {
        case 0: .plain
        case 1: .raft
        case 4: .multiplexed
        case 3 where !insideTLS: .tls(consumesByte: true)
        case 22 where !insideTLS: .tls(consumesByte: false)
        default: .refused(byte)
        }
    }
}
