/// Numbers of requests in the order in which they are to be answered, or what goes with them: some in each turn. At
/// most as many as there are requests: each waits for one thing, and is taken out of the table of waiters when it comes
/// here.
struct WokenLine<Number: Sendable>: Sendable {
    private var numbers: [Number] = []
    private var first = 0

    var isEmpty: Bool { first == numbers.count }
    var count: Int { numbers.count - first }

    mutating func append(_ more: [Number]) {
        if isEmpty {
            numbers = more
            first = 0
        } else {
            numbers += more
        }
    }

    mutating func take(atMost count: Int) -> [Number] {
        let end = first + min(self.count, count)
        defer {
            first = end
            if isEmpty { self = WokenLine() }
        }
        return Array(numbers[first..<end])
    }
}
