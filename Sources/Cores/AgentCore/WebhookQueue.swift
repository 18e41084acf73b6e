package import FederationModel
import WireFormat

/// Changes of verdicts on their way to a webhook, in order; what cannot be delivered waits and is tried again.
package struct WebhookQueue: Sendable {
    /// Some hours of a flapping network; the oldest gives way to the newest.
    package static let capacity = 1000
    private static let firstPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(60)

    private var waiting: [[UInt8]] = []
    private var pause = WebhookQueue.firstPause
    /// Events given up since the start.
    package private(set) var droppedCount = 0

    package init() {}

    package var count: Int { waiting.count }

    /// - Returns: false when the oldest one had to go.
    @discardableResult
    package mutating func add(_ body: [UInt8]) -> Bool {
        waiting.append(body)
        guard waiting.count > Self.capacity else { return true }
        waiting.removeFirst()
        droppedCount += 1
        return false
    }

    /// The one to be posted next; it stays until `delivered`.
    package var first: [UInt8]? { waiting.first }

    /// - Parameter body: the one that was delivered; it may have been dropped meanwhile.
    package mutating func delivered(_ body: [UInt8]) {
        if waiting.first == body { waiting.removeFirst() }
        pause = Self.firstPause
    }

    /// - Returns: how long to wait before the next attempt: 1 s, doubling up to 60 s.
    package mutating func failed() -> Duration {
        defer { pause = min(pause * 2, Self.longestPause) }
        return pause
    }

    /// The body of one event.
    /// - Parameters:
    ///   - time: as RFC 3339.
    ///   - droppedCount: events that were given up before it.
    package static func body(
        datacenter: String, from: Verdict?, to: Verdict, reason: String, observer: String, server: String, time: String,
        droppedCount: Int
    ) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        for (name, value) in [
            ("Datacenter", datacenter), ("From", from?.rawValue ?? ""), ("To", to.rawValue), ("Reason", reason),
            ("Observer", observer), ("Server", server), ("Time", time),
        ] {
            json.key(text: name)
            json.write(value)
        }
        json.key("Dropped")
        json.write(droppedCount)
        json.endObject()
        return json.bytes
    }
}
