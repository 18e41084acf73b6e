import Determinism

/// One reader of bytes from outside. It may refuse its input in any typed way; it may not trap, hang or swell.
struct FuzzTarget {
    /// What broke a rule that the target checks itself.
    struct Finding: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }

    typealias Take = (_ input: [UInt8], _ random: inout SeededRandom) throws -> Void

    let name: String
    /// Sound inputs to start from.
    var samples: [[UInt8]]
    let take: Take

    init(_ name: String, _ samples: [[UInt8]], _ take: @escaping Take) {
        self.name = name
        self.samples = samples
        self.take = take
    }

    init(_ name: String, texts: [String], _ take: @escaping Take) {
        self.init(name, texts.map { Array($0.utf8) }, take)
    }

    /// All of them. What a target keeps from one input to the next follows from the seed.
    static func all(seed: UInt64, vectors: VectorFolder?) -> [FuzzTarget] {
        var random = SeededRandom(seed: seed)
        return messageTargets(vectors) + textTargets() + archiveTargets() + stateTargets() + rpcTargets(&random)
            + gossipTargets(&random, vectors)
    }
}
