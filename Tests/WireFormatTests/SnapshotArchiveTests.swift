import FederationModel
import Testing
import WireFormat

@Suite struct SnapshotArchiveTests {
    @Test("FIPS 180-4: examples", arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    ])
    func digests(text: String, digest: String) { #expect(SHA256.hex(Array(text.utf8)) == digest) }

    @Test func roundTripAndDamage() throws {
        var meta = SnapshotArchive.Meta()
        meta.id = "2-7-1"
        meta.index = 7
        meta.term = 2
        meta.servers = [(id: "a", address: "127.0.0.1:8300")]
        let state = (0..<1500).map { UInt8(truncatingIfNeeded: $0) }
        let archive = SnapshotArchive(meta: meta, state: state)
        let tar = archive.tar(time: 1_600_000_000)
        #expect(tar.count % 512 == 0)
        #expect(try SnapshotArchive(tar: tar) == archive)
        #expect(archive.meta.size == 1500)
        var changed = tar
        changed[2000] ^= 1
        #expect(throws: SnapshotArchive.Problem.self) { try SnapshotArchive(tar: changed) }
        for length in stride(from: 0, to: 3500, by: 100) {
            #expect(throws: SnapshotArchive.Problem.self) { try SnapshotArchive(tar: Array(tar[..<length])) }
        }
    }
}
