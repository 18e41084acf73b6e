import Determinism
import FederationModel

/// Names of datacenters that are or were in the WAN pool. A server that starts during an outage is told of living
/// members only: SWIM takes no word of the death of a node it never knew. Without this memory it would deny that the
/// datacenter of the dead exists.
struct KnownDatacenters: Sendable {
    /// Four times as many as a matrix has rows. Further names are not remembered: such a federation is listed anyway.
    static let maxCount = 512
    /// Longer than a label of DNS, in which nobody could ask for it.
    static let maxNameBytes = 128
    /// As long as Serf keeps a member that failed.
    let lifetime: Duration
    /// When it was last in the pool, or named by a peer. A name of the file counts from the start.
    private var heard: [String: Instant] = [:]
    /// Peers listed nobody of it but members that had left.
    private var gone: Set<String> = []
    /// What the file holds, sorted.
    private var saved: [String] = []
    /// Something to wait for was known at the start: the pool of the last run was not this datacenter alone.
    let isFromBefore: Bool

    /// - Parameters:
    ///   - file: as `file` returned it in the last run; unreadable names are passed over.
    ///   - members: of the last run's pool.
    init(file: [UInt8], members: [String], own: String, lifetime: Duration, at now: Instant) {
        self.lifetime = lifetime
        let lines = file.split(separator: 10).prefix(Self.maxCount).map { String(decoding: $0, as: UTF8.self) }
        saved = lines.sorted()
        for name in lines + members.compactMap(Self.datacenter(ofMember:)) where !name.isEmpty && name != own {
            heard[name] = now
        }
        isFromBefore = !heard.isEmpty
    }

    /// `s1.dc2` is of `dc2`: nodes may have dots in their names, datacenters may not.
    static func datacenter(ofMember name: String) -> String? {
        guard let dot = name.lastIndex(of: ".") else { return nil }
        let datacenter = name[name.index(after: dot)...]
        return datacenter.isEmpty ? nil : String(datacenter)
    }

    /// O(names); asked only for what the pool does not list.
    func contains(_ name: String, at now: Instant) -> Bool {
        heard[name].map { now - $0 < lifetime } ?? false
    }

    /// Some that are expected, for whom the pool lists nobody.
    func names(at now: Instant) -> [String] { heard.keys.sorted().filter { contains($0, at: now) } }

    mutating func hear(_ name: String, at now: Instant) {
        guard name.utf8.count <= Self.maxNameBytes, heard[name] != nil || heard.count < Self.maxCount else { return }
        heard[name] = now
        gone.remove(name)
    }

    mutating func forget(_ name: String) { heard[name] = nil }

    mutating func left(_ name: String) {
        heard[name] = nil
        if gone.count < Self.maxCount { gone.insert(name) }
    }

    func hasLeft(_ name: String) -> Bool { gone.contains(name) }

    /// What the file is to hold now; nil while it does.
    mutating func changedFile(at now: Instant) -> [UInt8]? {
        let names = names(at: now)
        guard names != saved else { return nil }
        saved = names
        return Array(names.map { $0 + "\n" }.joined().utf8)
    }
}
