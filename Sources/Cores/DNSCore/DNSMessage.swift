import FederationModel

/// Record types in use (RFC 1035 §3.2.2 and later); any other number is kept as it is.
struct DNSType: Hashable, Sendable {
    let number: UInt16

    init(_ number: UInt16) { self.number = number }

    static let a = DNSType(1)
    static let ns = DNSType(2)
    static let cname = DNSType(5)
    static let soa = DNSType(6)
    static let ptr = DNSType(12)
    static let txt = DNSType(16)
    static let aaaa = DNSType(28)
    static let srv = DNSType(33)
    static let opt = DNSType(41)
    static let axfr = DNSType(252)
    static let any = DNSType(255)
}

/// Response codes (RFC 1035 §4.1.1).
enum DNSCode: UInt8, Sendable {
    case noError = 0
    case formatError = 1
    case serverFailure = 2
    case noSuchDomain = 3
    case notImplemented = 4
    case refused = 5
}

struct DNSQuestion: Equatable, Sendable {
    /// As asked: the answer repeats its case.
    var name: DNSName
    var type: DNSType
    /// Answered alike whatever it is, as Consul does.
    var classNumber: UInt16
}

/// What a question brought of EDNS (RFC 6891).
struct DNSExtension: Equatable, Sendable {
    /// UDP payload the asker takes.
    var payloadBytes: UInt16
    /// The client-subnet option to send back with scope 0 (RFC 7871), option header included; empty when there is none.
    var clientSubnet: [UInt8]
}

struct DNSRecord: Hashable, Sendable {
    enum Body: Hashable, Sendable {
        case address(IPAddress)
        case ns(DNSName)
        case cname(DNSName)
        case ptr(DNSName)
        case soa(SOA)
        /// Up to 255 bytes each.
        case txt([[UInt8]])
        case srv(priority: UInt16, weight: UInt16, port: UInt16, target: DNSName)
    }

    struct SOA: Hashable, Sendable {
        var primary: DNSName
        var mailbox: DNSName
        var serial: UInt32
        var refresh: UInt32
        var retry: UInt32
        var expire: UInt32
        var minimum: UInt32
    }

    var name: DNSName
    /// Seconds.
    var ttl: UInt32
    var body: Body

    var type: DNSType {
        switch body {
        case .address(let address): address.isIPv6 ? .aaaa : .a
        case .ns: .ns
        case .cname: .cname
        case .ptr: .ptr
        case .soa: .soa
        case .txt: .txt
        case .srv: .srv
        }
    }
}

/// A question as it came.
struct DNSQuery: Equatable, Sendable {
    var id: UInt16
    var isRecursionDesired: Bool
    var isCheckingDisabled: Bool
    var question: DNSQuestion
    var edns: DNSExtension?
}

/// An answer before it is cut to size.
struct DNSResponse: Equatable, Sendable {
    /// An answer record with the additional records that go with it: they stay or leave together.
    struct Unit: Equatable, Sendable {
        var answer: DNSRecord
        var additional: [DNSRecord] = []
    }

    var code: DNSCode = .noError
    var isAuthoritative = true
    var isRecursionAvailable = false
    /// Whether `udp_answer_limit` counts: for instances of a service, not for what is known of one node.
    var isLimited = false
    var units: [Unit] = []
    var authority: [DNSRecord] = []
    /// Additional records of the whole.
    var additional: [DNSRecord] = []
}
