import Determinism
import FederationModel
import RadixTree
import Testing

/// The naive twin: entries in a sorted array, indexes of removals in a list that is never trimmed.
private struct Twin {
    var entries: [(key: ByteString, value: Int, index: UInt64)] = []
    var removals: [(key: ByteString, index: UInt64)] = []

    func slot(_ key: ByteString) -> Int { entries.firstIndex { $0.key >= key } ?? entries.count }

    mutating func set(_ key: ByteString, _ value: Int, _ index: UInt64) -> Int? {
        let slot = slot(key)
        if slot < entries.count, entries[slot].key == key {
            let old = entries[slot].value
            entries[slot] = (key, value, index)
            return old
        }
        entries.insert((key, value, index), at: slot)
        return nil
    }

    mutating func remove(_ key: ByteString, _ index: UInt64) -> Int? {
        let slot = slot(key)
        guard slot < entries.count, entries[slot].key == key else { return nil }
        removals.append((key, index))
        return entries.remove(at: slot).value
    }

    func under(_ prefix: ByteString) -> [(key: ByteString, value: Int, index: UInt64)] {
        entries.filter { $0.key.hasPrefix(prefix) }
    }

    func firstKeys(_ prefix: ByteString, _ separator: ByteString) -> [ByteString] {
        var found: [ByteString] = []
        for entry in under(prefix) {
            var key = entry.key
            let bytes = key.bytes
            if !separator.isEmpty {
                var start = prefix.count
                while start + separator.count <= bytes.count {
                    if Array(bytes[start..<start + separator.count]) == separator.bytes {
                        key = ByteString(Array(bytes[..<(start + separator.count)]))
                        break
                    }
                    start += 1
                }
            }
            if found.last != key { found.append(key) }
        }
        return found
    }
}

private func entries(_ tree: RadixTree<Int>, under prefix: ByteString = "") -> [(ByteString, Int)] {
    var found: [(ByteString, Int)] = []
    tree.forEach(under: prefix) { key, value in
        found.append((key, value))
        return true
    }
    return found
}

@Suite struct RadixTreeTests {
    @Test("The tree does what a sorted array does", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func twin(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var tree = RadixTree<Int>()
        var twin = Twin()
        var copies: [(RadixTree<Int>, Twin)] = []
        func key() -> ByteString {
            let length = Int.random(in: 0...6, using: &random)
            return ByteString((0..<length).map { _ in [97, 47, 0, 255].randomElement(using: &random) ?? 0 })
        }
        for step in 1...600 {
            let index = UInt64(step)
            let key = key()
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<11: #expect(tree.set(key, step, index: index) == twin.set(key, step, index))
            case 11..<18:
                #expect(tree.remove(key, index: index) == twin.remove(key, index))
            case 18 where step % 5 == 0:
                let removed = tree.removePrefix(key, index: index)
                let expected = twin.under(key)
                #expect(removed.map(\.key) == expected.map(\.key), "seed \(seed) step \(step)")
                for entry in expected { _ = twin.remove(entry.key, index) }
            default: if step % 40 == 0 { copies.append((tree, twin)) }
            }
            #expect(tree.count == twin.entries.count)
            #expect(tree.get(key) == twin.entries.first { $0.key == key }?.value)
            #expect(tree.look(key) { $0 } == tree.get(key))
            #expect(tree.index(of: key) == twin.entries.first { $0.key == key }?.index)
            check(tree, twin, key, seed)
        }
        // Copies taken on the way have not moved.
        for (tree, twin) in copies {
            #expect(entries(tree).map(\.0) == twin.entries.map(\.key))
            #expect(entries(tree).map(\.1) == twin.entries.map(\.value))
            for entry in twin.entries { check(tree, twin, entry.key, seed) }
        }
    }

    private func check(_ tree: RadixTree<Int>, _ twin: Twin, _ prefix: ByteString, _ seed: UInt64) {
        let expected = twin.under(prefix)
        #expect(entries(tree, under: prefix).map(\.0) == expected.map(\.key), "seed \(seed)")
        #expect(tree.values(under: prefix) == expected.map(\.value))
        #expect(tree.firstKeys(under: prefix, separator: "/") == twin.firstKeys(prefix, "/"), "seed \(seed)")
        #expect(tree.firstKeys(under: prefix, separator: "a/") == twin.firstKeys(prefix, "a/"), "seed \(seed)")
        #expect(tree.firstKeys(under: prefix, separator: "") == expected.map(\.key))
        let live = expected.map(\.index).max()
        let gone = twin.removals.filter { $0.key.hasPrefix(prefix) }.map(\.index).max() ?? 0
        guard let live else {
            #expect(tree.contains(prefix: prefix) == false)
            if !prefix.isEmpty { #expect(tree.maxIndex(under: prefix) == nil) }
            return
        }
        // At least what changed under the prefix, removals included; never more than the last change of all.
        let index = tree.maxIndex(under: prefix) ?? 0
        #expect(index >= max(live, gone), "seed \(seed) prefix \(prefix.bytes)")
        #expect(index <= tree.maxIndex)
    }

    @Test("The shape follows from the keys, the indexes from the raised paths")
    func rebuilt() {
        for seed in UInt64(1)...20 {
            var random = SeededRandom(seed: seed)
            var tree = RadixTree<Int>()
            for step in 1...400 {
                let key = ByteString(
                    (0..<Int.random(in: 0...5, using: &random)).map { _ in UInt8.random(in: 97...99, using: &random) })
                if random.chance(0.6) {
                    tree.set(key, step, index: UInt64(step))
                } else {
                    tree.remove(key, index: UInt64(step))
                }
            }
            var copy = RadixTree<Int>()
            for (key, value) in entries(tree) { copy.set(key, value, index: tree.index(of: key) ?? 0) }
            for (path, index) in tree.raisedPaths {
                let isRaised = copy.raise(path, to: index)
                #expect(isRaised, "seed \(seed)")
            }
            #expect(copy.raisedPaths.map(\.path) == tree.raisedPaths.map(\.path), "seed \(seed)")
            #expect(copy.maxIndex == tree.maxIndex)
            for (key, _) in entries(tree) {
                for length in 0...key.count {
                    let prefix = ByteString(Array(key.bytes[..<length]))
                    #expect(copy.maxIndex(under: prefix) == tree.maxIndex(under: prefix), "seed \(seed)")
                }
            }
        }
    }

    @Test func separatorsSkipSubtrees() {
        var tree = RadixTree<Int>()
        for (position, key) in ["a", "b/c", "b/d", "e/f/g", "x"].enumerated() {
            tree.set(ByteString(key), position, index: UInt64(position + 1))
        }
        #expect(tree.firstKeys(under: "", separator: "/") == ["a", "b/", "e/", "x"])
        #expect(tree.firstKeys(under: "b", separator: "/") == ["b/"])
        #expect(tree.firstKeys(under: "b/", separator: "/") == ["b/c", "b/d"])
        #expect(tree.firstKeys(under: "", separator: "/f") == ["a", "b/c", "b/d", "e/f", "x"])
        #expect(tree.firstKeys(under: "none", separator: "/") == [])
    }

    @Test func prefixesOfAKeyShortestFirst() {
        var tree = RadixTree<Int>()
        for key in ["", "a", "a/b", "a/b/c", "a/x", "b"] { tree.set(ByteString(key), key.count, index: 1) }
        var found: [ByteString] = []
        tree.forEachPrefix(of: "a/b/zzz") { key, value in
            #expect(key.count == value)
            found.append(key)
        }
        #expect(found == ["", "a", "a/b"])
    }

    @Test func removalRaisesThePathAndNoOther() {
        var tree = RadixTree<Int>()
        for (key, index) in [("a/1", 1), ("a/2", 2), ("b/1", 3)] as [(String, UInt64)] {
            tree.set(ByteString(key), 0, index: index)
        }
        tree.remove("a/2", index: 10)
        #expect(tree.maxIndex(under: "b/") == 3)
        #expect(tree.maxIndex(under: "a/") == 10)
        #expect(tree.maxIndex == 10)
        tree.remove("nothing", index: 11)
        #expect(tree.maxIndex == 10)
    }

    @Test func deepTreesAreReleasedWithoutExhaustingTheStack() {
        var tree = RadixTree<Int>()
        let longest = [UInt8](repeating: 7, count: RadixTree<Int>.maxKeyBytes)
        // The longest first: each shorter key then splits the first label instead of walking the whole chain.
        for length in stride(from: longest.count, through: 1, by: -1) {
            tree.set(ByteString(longest[..<length]), length, index: 1)
        }
        #expect(tree.count == longest.count)
        #expect(tree.values().count == longest.count)
        #expect(!RadixTree<Int>.accepts(ByteString(longest + [1])))
        tree = RadixTree()
        #expect(tree.isEmpty)
    }
}
