import AgentCore
import Testing

@Suite("Memory that was freed goes back") struct SpareMemoryTests {
    private static let mebibyte = 1 << 20

    @Test("It is given back after a growth that is worth it, and not again for what stayed")
    func growth() {
        var spare = SpareMemory(heldBytes: 4 * Self.mebibyte)
        let before = [4 * Self.mebibyte + SpareMemory.minGrowthBytes - 1, 130 * Self.mebibyte].map {
            spare.isDue(heldBytes: $0)
        }
        #expect(before == [false, true])
        spare.gaveBack(heldBytes: 100 * Self.mebibyte)
        // A sixteenth more is what a large process moves in between.
        let after = [106, 107].map { spare.isDue(heldBytes: $0 * Self.mebibyte) }
        #expect(after == [false, true])
    }

    @Test("What the allocator gave back by itself counts as the floor")
    func floor() {
        var spare = SpareMemory(heldBytes: 100 * Self.mebibyte)
        let due = [10, 11, 12].map { spare.isDue(heldBytes: $0 * Self.mebibyte) }
        #expect(due == [false, false, true])
    }

    @Test(arguments: [
        ("213193 10797 9561 4487 0 24715 0\n", 1236 * 4096), ("1 2", nil), ("", nil), ("a b c", nil), ("9 3 4 0", nil),
    ])
    func statm(line: String, bytes: Int?) {
        #expect(SpareMemory.heldBytes(statm: line, pageBytes: 4096) == bytes)
    }

    @Test("Only the code of the program itself, never what it has written")
    func code() {
        let maps = """
            55d0a0000000-55d0a2733000 r-xp 00000000 fe:00 131 /opt/a program
            55d0a2733000-55d0a2833000 r--p 02732000 fe:00 131 /opt/a program
            55d0a2833000-55d0a4d1a000 rw-p 02832000 fe:00 131 /opt/a program
            7f10a0000000-7f10a0200000 r-xp 00000000 fe:00 777                        /usr/lib/libc.so.6
            7ffd4a9d6000-7ffd4a9d8000 r-xp 00000000 00:00 0                          [vdso]
            7f10b0000000-7f10b0200000 rw-p 00000000 00:00 0
            zz-1 r-xp 00000000 fe:00 131 /opt/a program
            2-1 r-xp 00000000 fe:00 131 /opt/a program
            """
        #expect(SpareMemory.codeRanges(maps: maps, program: "/opt/a program") == [0x55d0_a000_0000..<0x55d0_a273_3000])
    }
}
