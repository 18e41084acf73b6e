import Determinism
import FederationModel
import WireFormat

/// `/v1/session/…`
extension HTTPRouter {
    func createSession(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        // Bound to this agent's node and its Serf check, unless the body says otherwise.
        var session = Session(
            node: context.node, lockDelay: .seconds(15), behavior: "release", nodeChecks: [Self.serfCheck],
            checks: [Self.serfCheck])
        if !call.request.body.isEmpty {
            var reader = try BodyReader.read(call.request.body)
            reader.read(&session)
            try reader.throwFirstProblem()
        }
        session.settleChecks(standard: Self.serfCheck)
        let request = SessionRequest(
            datacenter: call.datacenter, op: "create", session: session, write: call.write)
        return .request(.sessionApply(request), call.rendering(.created))
    }

    private static let serfCheck = "serfHealth"

    func destroySession(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let session = Session(id: try call.restText(orMissing: "session"))
        let request = SessionRequest(
            datacenter: call.datacenter, op: "destroy", session: session, write: call.write)
        return .request(.sessionApply(request), call.rendering(.destroyed))
    }

    func renewSession(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let id = try call.restText(orMissing: "session")
        return .request(.sessionRenew(call.sessionRequest(id)), call.rendering(.sessionRenewed(id: id)))
    }

    func session(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let id = try call.restText(orMissing: "session")
        return .request(.sessionGet(call.sessionRequest(id)), call.rendering(.sessions))
    }
}

extension Call {
    func sessionRequest(_ id: String = "") -> SessionSpecificRequest {
        SessionSpecificRequest(datacenter: datacenter, sessionID: id, session: id, options: options)
    }
}

extension Session {
    /// The older list of checks and the newer one of the node's: what a body says of one of them takes the standard
    /// out of the other, as with Consul.
    fileprivate mutating func settleChecks(standard: String) {
        if checks?.isEmpty ?? true {
            nodeChecks = []
            checks = nil
        } else if nodeChecks?.isEmpty ?? true || checks == [standard] {
            checks = nil
        }
    }
}

extension BodyReader {
    /// Names it does not know are ignored here, as Consul does.
    fileprivate mutating func read(_ session: inout Session) {
        var read = session
        members(of: root, "") { reader, name, value, key in
            switch name {
            case "name": read.name = reader.text(value, key)
            case "node": read.node = reader.text(value, key)
            case "behavior": read.behavior = reader.text(value, key)
            case "ttl": read.ttl = reader.text(value, key)
            case "lockdelay": if let delay = reader.duration(value, key) { read.lockDelay = delay.asLockDelay }
            case "checks": read.checks = value.isNull ? nil : reader.texts(value, key)
            case "nodechecks": read.nodeChecks = value.isNull ? nil : reader.texts(value, key)
            case "servicechecks":
                guard !value.isNull else {
                    read.serviceChecks = nil
                    break
                }
                read.serviceChecks = reader.list(value, key) { reader, value, key in
                    var check = SessionCheck()
                    reader.members(of: value, key) { reader, name, value, key in
                        switch name {
                        case "id": check.id = reader.text(value, key)
                        case "namespace": check.namespace = reader.text(value, key)
                        default: break
                        }
                        return true
                    }
                    return check
                }
            default: break
            }
            return true
        }
        session = read
    }
}

extension Duration {
    /// A small number stands for seconds.
    fileprivate var asLockDelay: Duration {
        let count = wholeNanoseconds
        return count < 1000 ? .nanoseconds(count &* 1_000_000_000) : self
    }
}

extension JSONWriter {
    mutating func write(_ session: Session) {
        beginObject()
        field("ID", session.id)
        field("Name", session.name)
        field("Node", session.node)
        field("LockDelay", Int(session.lockDelay.wholeNanoseconds))
        field("Behavior", session.behavior)
        field("TTL", session.ttl)
        field("NodeChecks", textsOrNull: session.nodeChecks)
        key("ServiceChecks")
        if let checks = session.serviceChecks {
            list(checks) { json, check in
                json.beginObject()
                json.field("ID", check.id)
                json.field("Namespace", check.namespace)
                json.endObject()
            }
        } else {
            null()
        }
        if let checks = session.checks, !checks.isEmpty { field("Checks", texts: checks) }
        field("CreateIndex", session.raftIndex.createIndex)
        field("ModifyIndex", session.raftIndex.modifyIndex)
        endObject()
    }

    /// Nil is null here.
    mutating func field(_ name: StaticString, textsOrNull texts: [String]?) {
        key(name)
        if let texts { list(texts) { $0.write($1) } } else { null() }
    }
}
