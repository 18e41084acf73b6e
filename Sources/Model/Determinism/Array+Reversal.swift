extension Array {
    /// `reverse` copies elements and gives the old ones back, which counts what they hold; this one moves them. For
    /// batches of effects that are taken from their end.
    @inlinable public mutating func reverseByMoving() {
        guard count > 1 else { return }
        withUnsafeMutableBufferPointer { elements in
            var (low, high) = (0, elements.count - 1)
            while low < high {
                elements.swapAt(low, high)
                low += 1
                high -= 1
            }
        }
    }
}
