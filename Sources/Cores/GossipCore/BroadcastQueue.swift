/// Messages waiting to be gossiped, each for a limited number of transmissions. Fewest transmissions leave first, then
/// the longest, then the newest (`wire/serf-gossip.md` 4.6).
package struct BroadcastQueue: Sendable {
    package struct Item: Equatable, Sendable {
        /// A newer message of the same name replaces it; nil: nothing does.
        package var name: String?
        package var message: [UInt8]
        /// Told when the message has had its transmissions or was replaced.
        package var token: UInt64?
        /// Sent so many times as often as others.
        package var weight: Int
        fileprivate var transmitCount = 0
        fileprivate var sequence: UInt64 = 0

        package init(name: String? = nil, message: [UInt8], token: UInt64? = nil, weight: Int = 1) {
            self.weight = weight
            self.name = name
            self.message = message
            self.token = token
        }

        fileprivate func isBefore(_ other: Item) -> Bool {
            if transmitCount != other.transmitCount { return transmitCount < other.transmitCount }
            if message.count != other.message.count { return message.count > other.message.count }
            return sequence > other.sequence
        }
    }

    /// In the order of leaving.
    private var items: [Item] = []
    private var nextSequence: UInt64 = 0
    /// Beyond this the last in order is dropped.
    private let maxCount: Int

    package init(maxCount: Int) { self.maxCount = maxCount }

    package var isEmpty: Bool { items.isEmpty }
    package var count: Int { items.count }

    /// - Returns: the tokens of messages it pushed out. O(n).
    package mutating func add(_ item: Item) -> [UInt64] {
        var finished: [UInt64] = []
        if let name = item.name, let position = items.firstIndex(where: { $0.name == name }) {
            if let token = items.remove(at: position).token { finished.append(token) }
        }
        var item = item
        item.transmitCount = 0
        item.sequence = nextSequence
        nextSequence += 1
        insert(item)
        while items.count > maxCount {
            if let token = items.removeLast().token { finished.append(token) }
        }
        return finished
    }

    private mutating func insert(_ item: Item) {
        var low = 0
        var high = items.count
        while low < high {
            let middle = (low + high) / 2
            if items[middle].isBefore(item) { low = middle + 1 } else { high = middle }
        }
        items.insert(item, at: low)
    }

    /// Takes what fits into `room` bytes, each message costing `overhead` more than its length, and counts a
    /// transmission of each. Appends to `messages`, and to `finished` the tokens of those that had their last one.
    package mutating func take(
        room: inout Int, overhead: Int, transmitLimit: Int, into messages: inout [[UInt8]], finished: inout [UInt64]
    ) {
        guard !items.isEmpty, room > overhead else { return }
        var taken: [Item] = []
        var kept: [Item] = []
        for item in items {
            let cost = item.message.count + overhead
            if cost <= room {
                room -= cost
                messages.append(item.message)
                taken.append(item)
            } else {
                kept.append(item)
            }
        }
        guard !taken.isEmpty else { return }
        items = kept
        for var item in taken {
            item.transmitCount += 1
            if item.transmitCount < transmitLimit * item.weight {
                insert(item)
            } else if let token = item.token {
                finished.append(token)
            }
        }
    }
}
