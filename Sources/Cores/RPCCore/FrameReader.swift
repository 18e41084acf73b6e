/// Frames with a u32 big-endian length before each, from bytes that arrive in pieces.
package struct FrameReader: Sendable {
    private var buffer: [UInt8] = []
    private var start = 0

    package init() {}

    package enum Fault: Error, Equatable, Sendable { case tooLarge(Int) }

    package mutating func append(_ bytes: some Collection<UInt8>) {
        if start > 0 && start > buffer.count / 2 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// - Returns: the next whole frame, nil when more bytes are needed.
    package mutating func next(maxBytes: Int) throws(Fault) -> [UInt8]? {
        guard buffer.count - start >= 4 else { return nil }
        var count = 0
        for offset in 0..<4 { count = count << 8 | Int(buffer[start + offset]) }
        guard count <= maxBytes else { throw .tooLarge(count) }
        guard buffer.count - start - 4 >= count else { return nil }
        let frame = Array(buffer[start + 4..<start + 4 + count])
        start += 4 + count
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity <= 65_536)
            start = 0
        }
        return frame
    }

    /// Takes bytes that have arrived and hands on each frame that is whole. Most come so: they are not gathered first.
    package mutating func receive(
        _ bytes: [UInt8], from start: Int, maxBytes: Int, _ body: ([UInt8]) -> Void
    ) throws(Fault) {
        var position = start
        while buffer.isEmpty, bytes.count - position >= 4 {
            var count = 0
            for offset in 0..<4 { count = count << 8 | Int(bytes[position + offset]) }
            guard count <= maxBytes else { throw .tooLarge(count) }
            guard bytes.count - position - 4 >= count else { break }
            body(Array(bytes[position + 4..<position + 4 + count]))
            position += 4 + count
        }
        guard position < bytes.count else { return }
        append(bytes[position...])
        while let frame = try next(maxBytes: maxBytes) { body(frame) }
    }

    package static func append(_ frame: [UInt8], to output: inout [UInt8]) {
        // Once there is output, it grows by doubling.
        if output.isEmpty { output.reserveCapacity(4 + frame.count) }
        var shift = 24
        while shift >= 0 {
            output.append(UInt8(truncatingIfNeeded: frame.count >> shift))
            shift -= 8
        }
        output.append(contentsOf: frame)
    }
}
