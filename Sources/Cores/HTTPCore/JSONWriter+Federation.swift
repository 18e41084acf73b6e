import Determinism
import FederationModel
import WireFormat

// Verdicts and the reachability matrix; durations in Go's text, null where nothing is known.

extension JSONWriter {
    /// A datacenter's verdict with its evidence.
    mutating func write(_ report: DatacenterReport) {
        beginObject()
        field("Datacenter", report.datacenter)
        field("Verdict", report.verdict.rawValue)
        field("Since", report.since.goText)
        field("Reason", report.reason)
        field("Federation", report.federation.rawValue)
        field("Signs", strings: report.signs)
        field("QuorumMargin", report.quorumMargin)
        field("Hears", report.hears)
        key("Cuts")
        list(report.cuts) { $0.write($1) }
        key("Others")
        list(report.votes) { json, vote in
            json.beginObject()
            json.field("Datacenter", vote.datacenter)
            json.field("Verdict", vote.verdict.rawValue)
            json.field("Reaches", vote.reaches)
            json.field("RoundTrip", optional: vote.roundTrip?.goText)
            json.field("Age", vote.age.goText)
            json.endObject()
        }
        key("Servers")
        list(report.servers) { json, server in
            json.beginObject()
            json.field("Name", server.name)
            json.field("Address", server.endpoint.description)
            json.field("Isthmus", server.isIsthmus)
            json.field("Gossip", server.gossip.label)
            json.field("Answers", server.answers)
            json.field("Misses", server.missCount)
            json.field("RoundTrip", optional: server.roundTrip?.goText)
            json.field("LastAnswerAge", optional: server.lastAnswerAge?.goText)
            json.field("Leader", optional: server.leader)
            json.field("LastError", server.lastError)
            json.endObject()
        }
        endObject()
    }

    mutating func write(_ cut: ReachabilityMatrix.Cut) {
        beginObject()
        field("From", cut.from)
        field("To", cut.to)
        endObject()
    }

    mutating func write(_ matrix: ReachabilityMatrix) {
        beginObject()
        field("Datacenter", matrix.own)
        key("Rows")
        list(matrix.rows) { json, row in
            json.beginObject()
            json.field("Datacenter", row.datacenter)
            json.field("Servers", strings: row.servers)
            json.field("Age", row.age.goText)
            json.key("To")
            json.list(row.entries) { json, entry in
                json.beginObject()
                json.field("Datacenter", entry.datacenter)
                json.field("Verdict", entry.verdict.rawValue)
                json.field("Reaches", entry.reaches)
                json.field("Hears", entry.hears)
                json.field("RoundTrip", optional: entry.roundTrip?.goText)
                json.field("Since", entry.since.goText)
                json.endObject()
            }
            json.endObject()
        }
        field("Silent", strings: matrix.silent)
        key("Cuts")
        list(matrix.cuts) { $0.write($1) }
        endObject()
    }

    mutating func write(_ change: VerdictChange) {
        beginObject()
        field("Index", change.index)
        field("Time", WallTime(milliseconds: change.stamp).description)
        field("Milliseconds", change.stamp)
        field("Datacenter", change.datacenter)
        field("Scope", change.scope.rawValue)
        field("From", change.from.rawValue)
        field("To", change.to.rawValue)
        field("Reason", change.reason)
        endObject()
    }

    mutating func write(_ report: TombstoneReport) {
        let tombstone = report.tombstone
        beginObject()
        field("Datacenter", tombstone.datacenter)
        field("Time", WallTime(milliseconds: tombstone.stamp).description)
        field("ClusterID", tombstone.clusterTag)
        field("Forced", tombstone.isForced)
        field("Origin", tombstone.origin)
        field("Standing", tombstone.isStanding)
        field("Remaining", report.remaining.goText)
        key("Servers")
        list(tombstone.servers) { json, server in
            json.beginObject()
            json.field("Name", server.name)
            json.field("StatusTime", server.statusTime)
            json.field("Incarnation", server.incarnation)
            json.endObject()
        }
        key("Askers")
        list(report.askers) { json, asker in
            json.beginObject()
            json.field("Name", asker.name)
            json.field("Count", asker.count)
            json.field("Age", asker.age.goText)
            json.endObject()
        }
        endObject()
    }

    private mutating func field(_ name: StaticString, optional text: String?) {
        key(name)
        if let text { write(text) } else { null() }
    }

    private mutating func field(_ name: StaticString, strings: [String]) {
        key(name)
        list(strings) { $0.write($1) }
    }
}

extension WallTime {
    /// - Parameter milliseconds: since 1970.
    init(milliseconds: UInt64) {
        // What a hostile peer could write is shown as the last year there is.
        self.init(unix: Int64(clamping: min(milliseconds, UInt64(Int64.max / 1_000_000))) * 1_000_000)
    }
}
