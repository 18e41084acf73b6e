import CCurl
import Determinism
import FederationModel
import Glibc

/// One connect of a TCP probe, and the addresses left after it.
struct TCPAttempt {
    let number: UInt64
    let descriptor: Int32
    let endpoint: Endpoint
    let remaining: [Endpoint]
    /// This address's share of the probe's time.
    let deadline: Instant
}

extension ProbeLoop {
    func beginTCP(_ probe: Probe, _ address: String) {
        guard let (host, _) = Self.split(address) else {
            return fail(probe, "\"\(address)\" is not host:port")
        }
        guard let addresses = addresses(of: host, for: probe) else { return }
        connectTCP(probe, to: addresses)
    }

    func connectTCP(_ probe: Probe, to addresses: [IPAddress]) {
        guard case .tcp(let text) = probe.request.target, let (_, port) = Self.split(text) else { return }
        attempt(probe, addresses.map { Endpoint($0, port) }, failure: "no address")
    }

    /// `host:port`, `[v6]:port` or `:port` for this host.
    private static func split(_ text: String) -> (host: String, port: UInt16)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let port = UInt16(digits), port > 0 else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("[") && host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        return (host.isEmpty ? "127.0.0.1" : String(host), port)
    }

    private func attempt(_ probe: Probe, _ endpoints: [Endpoint], failure: String) {
        var failure = failure
        var left = endpoints[...]
        while let endpoint = left.popFirst() {
            let descriptor = socket(
                endpoint.address.isIPv6 ? AF_INET6 : AF_INET,
                Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { return fail(probe, "no socket: \(errorText(errno))") }
            let status = connect(descriptor, to: endpoint)
            if status == 0 {
                close(descriptor)
                return connected(probe)
            }
            guard status == EINPROGRESS else {
                close(descriptor)
                failure = "connect: \(errorText(status))"
                continue
            }
            let now = MonotonicClock.now
            let share = (probe.deadline - now) / (left.count + 1)
            nextAttempt += 1
            let attempt = TCPAttempt(
                number: nextAttempt, descriptor: descriptor, endpoint: endpoint, remaining: Array(left),
                deadline: left.isEmpty ? .distantFuture : now + share)
            attempts[attempt.number] = probe.id
            probe.phase = .connecting(attempt)
            if !left.isEmpty { watch(probe, due: attempt.deadline) }
            ccurl_epoll_set(
                poller, EPOLL_CTL_ADD, descriptor, EPOLLOUT.rawValue, Key.attempt | attempt.number)
            return
        }
        fail(probe, failure)
    }

    /// - Returns: 0, or the error's number.
    private func connect(_ descriptor: Int32, to endpoint: Endpoint) -> Int32 {
        var storage = sockaddr_storage()
        let length = withUnsafeMutableBytes(of: &storage) { bytes in
            if endpoint.address.isIPv6 {
                var address = sockaddr_in6()
                address.sin6_family = sa_family_t(AF_INET6)
                address.sin6_port = endpoint.port.bigEndian
                withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: endpoint.address.bytes) }
                bytes.storeBytes(of: address, as: sockaddr_in6.self)
                return MemoryLayout<sockaddr_in6>.size
            }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = endpoint.port.bigEndian
            withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: endpoint.address.bytes) }
            bytes.storeBytes(of: address, as: sockaddr_in.self)
            return MemoryLayout<sockaddr_in>.size
        }
        let status = withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(length))
            }
        }
        return status == 0 ? 0 : errno
    }

    func attemptBecameReady(_ number: UInt64) {
        guard let id = attempts[number], let probe = probes[id], case .connecting(let attempt) = probe.phase else {
            return
        }
        var status: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(attempt.descriptor, SOL_SOCKET, SO_ERROR, &status, &length)
        if status == 0 { return connected(probe) }
        attemptFailed(probe, attempt, errorText(status))
    }

    func attemptFailed(_ probe: Probe, _ attempt: TCPAttempt, _ reason: String) {
        abandon(attempt)
        probe.phase = .resolving("")
        self.attempt(probe, attempt.remaining, failure: "connect: \(reason)")
    }

    private func connected(_ probe: Probe) {
        probe.timings.connected = MonotonicClock.now - probe.start
        probe.timings.total = probe.timings.connected
        finish(probe, .answered(code: 0, reason: "", body: "", timings: probe.timings))
    }

    /// Closing takes the descriptor out of the epoll set.
    func abandon(_ attempt: TCPAttempt) {
        attempts[attempt.number] = nil
        close(attempt.descriptor)
    }
}
