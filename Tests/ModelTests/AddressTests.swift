import FederationModel
import Testing

@Suite("Addresses and identities")
struct AddressTests {
    @Test(
        "IP addresses are read and shown in their canonical form (RFC 5952)",
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::", "::"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("::ffff:10.0.0.1", "::ffff:a00:1"), ("1::", "1::"),
        ])
    func canonical(text: String, shown: String) throws {
        #expect(try #require(IPAddress(text)).description == shown)
    }

    @Test(
        "or refused",
        arguments: [
            "", "1.2.3", "1.2.3.256", "1.2.3.4.5", "+1.2.3.4", ":::", "1::2::3", "12345::", "g::", "1:2:3:4:5:6:7",
        ])
    func refused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("Endpoints take brackets, and a default port when there is one")
    func endpoints() throws {
        #expect(Endpoint("127.0.0.1:8300") == Endpoint(IPAddress(127, 0, 0, 1), 8300))
        #expect(try #require(Endpoint("[::1]:8300")).description == "[::1]:8300")
        #expect(Endpoint("127.0.0.1", defaultPort: 8301)?.port == 8301)
        #expect(Endpoint("127.0.0.1") == nil)
        #expect(Endpoint("127.0.0.1:70000") == nil)
        #expect(Endpoint("host:80") == nil)
    }

    @Test("Node IDs keep their text, whatever its case; other text is none")
    func nodeIDs() throws {
        let text = "0ed62c1f-6fe5-e1a1-9899-aaf94433f1aa"
        #expect(try #require(NodeID(text.uppercased())).description == text)
        #expect(NodeID("0ed62c1f6fe5e1a19899aaf94433f1aa") == nil)
        #expect(NodeID("") == nil)
    }

    @Test("Every error's own text is read back as the same kind (wire/consul-rpc.md 1.8)")
    func errorTexts() {
        let errors: [FederationError] = [
            .noLeader(datacenter: "dc2"), .unknownDatacenter("dc2"), .unreachable(datacenter: "dc2"), .denied,
            .notReadyForConsistentReads, .diskFull,
        ]
        for error in errors {
            let text = "rpc error making call: rpc error making call: " + error.message
            #expect(FederationError(text: text, datacenter: "dc2") == error)
        }
    }

    @Test("Between agents of ours the label tells what the text does not")
    func errorLabels() {
        let errors: [FederationError] = [
            .notJoined(datacenter: "dc2"), .left(datacenter: "dc2"), .forgotten(datacenter: "dc2"),
            .frozen(datacenter: "dc2"),
            .leaderless(datacenter: "dc2"), .unreachable(datacenter: "dc2"), .unknownDatacenter("dc2"),
            .noLeader(datacenter: "dc2"), .timedOut(after: .seconds(1)), .outcomeUnknown(reason: "EOF"),
            .overloaded(what: "remote"), .denied, .connection("rpc error getting client: EOF"), .badRequest("no"),
        ]
        for error in errors {
            let read = FederationError(
                text: error.message, label: error.label, datacenter: "dc2", limit: .seconds(1))
            #expect(read == error)
            #expect(read.isRetrySafe == (error.kind != .outcomeUnknown))
        }
    }

    @Test("A write that a peer without labels lost on its way (wire/consul-rpc.md 1.8)", arguments: [
        ("rpc error making call: EOF", true), ("rpc error making call: rpc error making call: stream closed", true),
        ("leadership lost while committing log", true), ("rpc error making call: i/o timeout", true),
        ("rpc error getting client: failed to get conn: dial tcp 127.0.0.1:8300: i/o timeout", false),
        ("rpc error making call: rpc error getting client: EOF", false), ("rpc error making call: missing EOF!", false),
        ("EOF", false), ("No cluster leader", false),
    ])
    func unknownOutcome(text: String, isUnknown: Bool) {
        #expect(FederationError.isOfUnknownOutcome(text) == isUnknown)
    }
}

@Suite struct AddressBytesTests {
    @Test("Addresses keep their bytes and their order", arguments: [
        [127, 0, 0, 1], [255, 255, 255, 255], [0, 0, 0, 0],
        [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0xFF, 0, 0, 0, 0, 0, 0x42, 0x83], [UInt8](repeating: 0, count: 16),
    ] as [[UInt8]])
    func bytes(_ bytes: [UInt8]) throws {
        let address = try #require(IPAddress(bytes: bytes))
        #expect(address.bytes == bytes && address.isIPv6 == (bytes.count == 16))
        #expect(try #require(IPAddress(address.description)) == address)
    }

    @Test func order() throws {
        let four = IPAddress(255, 255, 255, 255)
        let low = try #require(IPAddress("::1"))
        let high = try #require(IPAddress("1::"))
        #expect(four < low && low < high && !(high < low) && IPAddress(9, 255, 0, 0) < IPAddress(10, 0, 0, 0))
        #expect(IPAddress(0, 0, 0, 1) != low)
        #expect(IPAddress(bytes: [1, 2, 3]) == nil && IPAddress(bytes: []) == nil)
    }
}
