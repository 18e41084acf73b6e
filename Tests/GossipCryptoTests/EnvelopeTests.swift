import GossipCore
import GossipCrypto
import GossipVectors
import Testing

@Suite("AES-GCM envelopes, serf-gossip.md 1.6")
struct EnvelopeTests {
    static let encrypted = Vector.all.filter { $0.plain != nil }

    static func security(_ vector: Vector) throws -> GossipSecurity {
        var security = GossipSecurity()
        security.label = vector.label
        security.keyring = try Keyring([[UInt8](repeating: 1, count: 16), vector.key])
        security.cipher = AESGCMCipher()
        return security
    }

    @Test("recorded envelopes open with their key, whatever its place in the ring", arguments: encrypted)
    func open(_ vector: Vector) throws {
        let security = try Self.security(vector)
        if vector.isDatagram {
            #expect(try security.openDatagram(vector.bytes) == vector.plain)
            var damaged = vector.bytes
            damaged[damaged.count - 1] ^= 1
            #expect(throws: GossipSecurity.Refusal.notDecryptable) { try security.openDatagram(damaged) }
        } else {
            var parser = GossipStreamParser(security: security)
            guard case .message = parser.receive(vector.bytes) else {
                Issue.record("not a message")
                return
            }
        }
    }

    @Test("the same nonce gives the same bytes", arguments: encrypted)
    func seal(_ vector: Vector) throws {
        let header = vector.label.isEmpty ? 0 : 2 + vector.label.count
        let frame = vector.isDatagram ? 0 : 5
        let envelope = Array(vector.bytes.dropFirst(header + frame))
        let associated = Array(vector.bytes[header..<header + frame]) + vector.label
        let plain = try #require(vector.plain)
        let padding = 16 - plain.count % 16
        let padded = envelope[0] == 0 ? plain + [UInt8](repeating: UInt8(padding), count: padding) : plain
        let sealed = AESGCMCipher().seal(
            padded, key: vector.key, nonce: Array(envelope[1..<13]), associatedData: associated)
        #expect(sealed == Array(envelope.dropFirst()))
    }

    @Test("what is sealed opens, in both versions and all key sizes", arguments: [16, 24, 32], [0, 1] as [UInt8])
    func roundTrip(size: Int, version: UInt8) throws {
        let key = (0..<UInt8(size)).map { $0 }
        let ring = try Keyring([key])
        let cipher = AESGCMCipher()
        for count in [0, 1, 15, 16, 17, 1400] {
            let plain = [UInt8](repeating: 5, count: count)
            let envelope = try #require(
                Envelope.seal(plain, with: cipher, key: key, associatedData: [1], version: version))
            #expect(envelope.count >= count + Envelope.overhead)
            #expect(Envelope.open(envelope, with: cipher, keyring: ring, associatedData: [1]) == plain)
            #expect(Envelope.open(envelope, with: cipher, keyring: ring, associatedData: []) == nil)
            for cut in 0..<min(envelope.count, 60) {
                #expect(Envelope.open(Array(envelope[..<cut]), with: cipher, keyring: ring, associatedData: [1]) == nil)
            }
        }
    }

    @Test("other key sizes are refused")
    func keys() {
        #expect(AESGCMCipher().seal([1], key: [1, 2], associatedData: []) == nil)
        #expect(throws: Keyring.Problem.wrongSize(3)) { try Keyring([[1, 2, 3]]) }
    }
}
