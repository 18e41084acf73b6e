/// Numbers of requests in the order in which they are to be answered. At most as many as there are requests: each waits
/// for one thing, and is taken out of the table of waiters when it comes here.
struct WokenLine: Sendable {
    private var numbers: [UInt64] = []
    private var first = 0

    var isEmpty: Bool { first == numbers.count }
    var count: Int { numbers.count - first }

    mutating func append(_ more: [UInt64]) {
        if isEmpty {
            numbers = more
            first = 0
        } else {
            numbers += more
        }
    }

    mutating func take(atMost count: Int) -> [UInt64] {
        let end = first + min(self.count, count)
        defer {
            first = end
            if isEmpty { self = WokenLine() }
        }
        return Array(numbers[first..<end])
    }
}
