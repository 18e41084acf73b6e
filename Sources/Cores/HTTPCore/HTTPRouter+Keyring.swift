import FederationModel
import FilterCore
import WireFormat

extension HTTPRouter {
    /// `/v1/operator/keyring`: GET lists the keys of every pool, POST installs one, PUT makes one the primary, DELETE
    /// removes one.
    func keyring(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        var request = KeyringRequest(options: call.options)
        request.relayFactor = try call.relayFactor
        request.localOnly = try call.isLocalOnly
        switch call.request.method {
        case "POST": request.operation = "install"
        case "PUT": request.operation = "use"
        case "DELETE": request.operation = "remove"
        default:
            request.operation = "list"
            return .request(.internalKeyringOperation(request), call.rendering(.keyring(isList: true)))
        }
        guard !request.localOnly else {
            throw .invalid("Invalid use of local-only: local-only can only be set for list requests")
        }
        request.key = try key(call.request.body)
        return .request(.internalKeyringOperation(request), call.rendering(.keyring(isList: false)))
    }

    private func key(_ body: [UInt8]) throws(HTTPProblem) -> String {
        var reader: BodyReader
        do throws(HTTPProblem) {
            reader = try BodyReader.read(body)
        } catch {
            throw .invalid(error.text)
        }
        var key = ""
        reader.members(of: reader.root, "") { reader, name, value, path in
            guard name == "key" else { return false }
            key = reader.text(value, path)
            return true
        }
        try reader.throwFirstProblem()
        return key
    }

    /// One pool that did not do as asked fails the call, with each member's words.
    func keyringFailure(_ responses: [KeyringResponse], _ form: ErrorForm) -> HTTPResponse? {
        var errors: [String] = []
        for response in responses where !response.error.isEmpty {
            let pool = response.wan ? "WAN" : "\(response.datacenter) (LAN)"
            errors.append("\(pool) error: \(response.error)")
            for (member, message) in (response.messages ?? [:]).sorted(by: { $0.key < $1.key }) {
                errors.append("\(member): \(message)")
            }
        }
        guard !errors.isEmpty else { return nil }
        return respond(to: HTTPProblem(status: 500, ErrorList.text(errors), kind: .failed), form)
    }
}

extension JSONWriter {
    mutating func write(_ response: KeyringResponse) {
        beginObject()
        field("WAN", response.wan)
        field("Datacenter", response.datacenter)
        field("Segment", response.segment)
        if let messages = response.messages, !messages.isEmpty { field("Messages", map: messages) }
        field("Keys", counts: response.keys)
        field("PrimaryKeys", counts: response.primaryKeys)
        field("NumNodes", response.numNodes)
        field("Error", ifNotEmpty: response.error)
        endObject()
    }

    private mutating func field(_ name: StaticString, counts: [String: Int]?) {
        key(name)
        guard let counts else { return null() }
        beginObject()
        for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
            key(text: name)
            write(count)
        }
        endObject()
    }
}

extension Call {
    /// How many other members pass an answer on as well.
    fileprivate var relayFactor: UInt64 {
        get throws(HTTPProblem) {
            let text = query.first("relay-factor")
            guard !text.isEmpty else { return 0 }
            guard let value = Int(text) else {
                throw .invalid(
                    "Error parsing relay factor: strconv.Atoi: parsing \(GoText.quoted(text)): invalid syntax")
            }
            guard (0...5).contains(value) else {
                throw .invalid("Invalid relay-factor: Relay factor must be in range: [0, 5]")
            }
            return UInt64(value)
        }
    }

    /// Only this datacenter's LAN pool is asked.
    fileprivate var isLocalOnly: Bool {
        get throws(HTTPProblem) {
            switch query.first("local-only") {
            case "", "0", "f", "F", "false", "FALSE", "False": return false
            case "1", "t", "T", "true", "TRUE", "True": return true
            case let text:
                throw .invalid(
                    "Error parsing local-only: strconv.ParseBool: parsing \(GoText.quoted(text)): invalid syntax")
            }
        }
    }
}
