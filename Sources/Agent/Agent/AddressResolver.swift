import FederationModel
import Glibc
import Synchronization

/// Host names to addresses, on a thread per lookup with a bound on how many run.
final class AddressResolver: Sendable {
    /// A lookup may hang for the resolver's own time limit: more than this at once are refused.
    private static let maxRunningCount = 16
    private let running = Mutex(0)

    /// - Parameter done: called once, at once for a literal address, else on the lookup's thread; with nothing when
    ///   there is no address or too many lookups run.
    func resolve(_ host: String, port: UInt16, _ done: @escaping @Sendable ([Endpoint]) -> Void) {
        if let address = IPAddress(host) { return done([Endpoint(address, port)]) }
        let isAdmitted = running.withLock { count in
            guard count < Self.maxRunningCount else { return false }
            count += 1
            return true
        }
        guard isAdmitted else { return done([]) }
        let job = Unmanaged.passRetained(
            Job { [self] in
                let endpoints = Self.lookUp(host).map { Endpoint($0, port) }
                running.withLock { $0 -= 1 }
                done(endpoints)
            })
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Job>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, job.toOpaque())
        guard status == 0 else {
            job.release()
            running.withLock { $0 -= 1 }
            return done([])
        }
        pthread_detach(thread)
    }

    private final class Job: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Blocks. Each address once, in the system's order.
    static func lookUp(_ host: String) -> [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let address = address(entry.ai_addr), !found.contains(address) { found.append(address) }
            next = entry.ai_next
        }
        return found
    }

    private static func address(_ pointer: UnsafeMutablePointer<sockaddr>?) -> IPAddress? {
        guard let pointer else { return nil }
        switch Int32(pointer.pointee.sa_family) {
        case AF_INET:
            return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { inet in
                withUnsafeBytes(of: inet.pointee.sin_addr) { IPAddress(bytes: Array($0)) }
            }
        case AF_INET6:
            return pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { inet in
                withUnsafeBytes(of: inet.pointee.sin6_addr) { IPAddress(bytes: Array($0)) }
            }
        default: return nil
        }
    }

    /// The first private IPv4 address of this machine: what an agent advertises when it binds to all.
    static func firstPrivateAddress() -> IPAddress? {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return nil }
        defer { freeifaddrs(list) }
        var next = list
        while let entry = next?.pointee {
            if let address = address(entry.ifa_addr), isPrivate(address) { return address }
            next = entry.ifa_next
        }
        return nil
    }

    /// RFC 1918.
    private static func isPrivate(_ address: IPAddress) -> Bool {
        guard !address.isIPv6 else { return false }
        switch (address.bytes[0], address.bytes[1]) {
        case (10, _), (172, 16...31), (192, 168): return true
        default: return false
        }
    }
}
