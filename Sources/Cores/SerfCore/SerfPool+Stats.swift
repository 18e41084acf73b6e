import FederationModel
import GossipCore

extension SerfPool {
    /// What `info` shows of a pool, by Serf's names.
    package var stats: [String: String] {
        let members = members
        return [
            "coordinate_resets": "0",
            "encrypted": String(memberlist.security.isEncrypted),
            "event_queue": String(memberlist.count(in: .events)),
            "event_time": String(eventClock.time),
            "failed": String(members.count { $0.status == .failed }),
            "health_score": String(memberlist.awareness),
            "intent_queue": String(memberlist.count(in: .intents)),
            "left": String(members.count { $0.status == .left }),
            "member_time": String(clock.time),
            "members": String(members.count),
            "query_queue": String(memberlist.count(in: .queries)),
            "query_time": String(queryClock.time),
        ]
    }
}
