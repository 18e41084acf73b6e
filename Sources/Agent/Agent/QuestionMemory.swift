import AgentCore
import Determinism
import FederationModel
import Glibc
import NIOTransport

/// The DNS questions that come again and again at one listener, found by their bytes behind the number.
///
/// `@unchecked Sendable`: used on the listener's loop alone; elsewhere it is only carried.
final class QuestionMemory: @unchecked Sendable {
    final class Entry {
        fileprivate let bytes: [UInt8]
        var question: RepeatedQuestion

        fileprivate init(_ bytes: [UInt8], _ question: RepeatedQuestion) {
            self.bytes = bytes
            self.question = question
        }
    }

    /// A question with EDNS options has some 60 to 120 bytes.
    private static let maxBytes = 512
    /// Names that the programs of a machine look up. When it is met all are forgotten: those that come again are soon
    /// known again. An entry has at most `DNSFrontEnd.maxDatagramInstances` addresses: 8 MiB in all at the worst.
    private static let maxCount = 1024

    private var known: [Int: Entry] = [:]
    private var seen = FirstSightings()
    var random: SeededRandom
    let deadlines = DeadlineLine()

    init(random: SeededRandom) { self.random = random }

    func find(_ packet: UnsafeRawBufferPointer) -> Entry? {
        guard let words = Self.words(packet), !known.isEmpty, let found = known[Self.hash(words)],
            found.bytes.count == words.count, let base = words.baseAddress,
            memcmp(found.bytes, base, words.count) == 0
        else { return nil }
        return found
    }

    /// Keeps a question when it comes for the second time.
    /// - Parameter question: nil for one that is not kept; what was kept of it goes.
    func store(_ packet: [UInt8], _ question: RepeatedQuestion?) {
        packet.withUnsafeBytes { packet in
            guard let words = Self.words(packet) else { return }
            let hash = Self.hash(words)
            guard let question else { return known[hash] = nil }
            guard known[hash] != nil || seen.sees(hash) else { return }
            if known.count >= Self.maxCount { known = [:] }
            known[hash] = Entry(Array(words), question)
        }
    }

    private static func words(_ packet: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        packet.count > 2 && packet.count <= maxBytes ? UnsafeRawBufferPointer(rebasing: packet[2...]) : nil
    }

    private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: bytes)
        return hasher.finalize()
    }
}
