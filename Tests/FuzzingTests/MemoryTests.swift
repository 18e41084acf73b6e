import AllocationCounter
import Determinism
import Foundation
import Testing

@testable import Fuzzing

@Suite("Memory that readers take")
struct MemoryTests {
    private static func vectors() throws -> VectorFolder {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try VectorFolder(tests.appendingPathComponent("Vectors").path)
    }

    /// What a reader may hold at one time for so many bytes.
    private static func allowance(_ count: Int) -> Int { 64 * count + 1 << 20 }

    private static func bytesHeld(_ target: FuzzTarget, _ input: [UInt8], _ random: inout SeededRandom) throws -> Int {
        allocation_counter_begin()
        defer { _ = allocation_counter_end() }
        try target.take(input, &random)
        return allocation_counter_end()
    }

    @Test("The counter sees what is held, and forgets what is given back")
    func counter() {
        allocation_counter_begin()
        for _ in 0..<10 {
            let block = UnsafeMutableRawPointer.allocate(byteCount: 100_000, alignment: 16)
            block.storeBytes(of: 1, as: UInt8.self)
            block.deallocate()
        }
        let held = allocation_counter_end()
        #expect(held >= 100_000 && held < 200_000)
    }

    @Test("No input, cut or changed in any way, makes its reader hold more than 64 times its bytes and 1 MiB")
    func vectorsCutAndChanged() throws {
        let seed: UInt64 = 20_251
        var random = SeededRandom(seed: seed)
        for target in FuzzTarget.all(seed: seed, vectors: try Self.vectors()) {
            let mutator = Mutator(samples: target.samples)
            var worst = (held: 0, count: 0)
            func look(_ input: [UInt8]) throws {
                let held = try Self.bytesHeld(target, input, &random)
                #expect(held <= Self.allowance(input.count), "\(target.name), seed \(seed): \(held) for \(input)")
                if held - 64 * input.count > worst.held - 64 * worst.count { worst = (held, input.count) }
            }
            for sample in target.samples {
                try look(sample)
                let step = max(1, sample.count / 64)
                for end in stride(from: 0, to: sample.count, by: step) { try look(Array(sample[..<end])) }
            }
            for _ in 0..<400 { try look(mutator.input(&random)) }
            print("\(target.name): at most \(worst.held) bytes held, for an input of \(worst.count)")
        }
    }
}
