import Determinism
package import FederationModel
import GossipCore
import SerfCore
import WireFormat

// The gossip keys: kept in the data directory, changed in every pool of the federation (`wire/consul-rpc.md` 4.9).

extension ServerCore {
    /// Consul's names, so that an operator finds them.
    package static func keyringName(_ channel: Channel) -> String {
        channel == .wan ? "serf/remote.keyring" : "serf/local.keyring"
    }

    /// The first start writes down what `-encrypt` said; from then on the file decides.
    mutating func saveFirstKeyrings() {
        guard let configured = configuration.keyring, configuration.savesKeyrings else { return }
        for channel in wan == nil ? [Channel.lan] : [.lan, .wan] {
            guard let saved = configuration.savedKeyrings[channel] else {
                saveKeyring(configured.keys, channel)
                continue
            }
            guard saved.primary != configured.primary else { continue }
            log(.warning, "the saved keyring is used, not -encrypt", ["file": Self.keyringName(channel)])
        }
    }

    mutating func saveKeyring(_ keys: [[UInt8]], _ channel: Channel) {
        guard configuration.savesKeyrings else { return }
        out.append(.saveFile(name: Self.keyringName(channel), KeyringFile.encode(keys)))
    }

    // MARK: Operations

    mutating func operateKeyring(_ number: UInt64, _ request: KeyringRequest, at now: Instant) {
        // The leg that this server itself sends to another datacenter.
        if request.forwarded, !request.datacenter.isEmpty, request.datacenter != configuration.datacenter {
            return forward(number, to: request.datacenter, at: now)
        }
        guard let operation = KeyOperation(rawValue: request.operation) else {
            return finish(
                number, .failure(.badRequest("Invalid keyring operation \"\(request.operation)\"")), at: now)
        }
        guard !request.localOnly || operation == .list else {
            let text = "argument error: LocalOnly can only be used for List operations"
            return finish(number, .failure(.badRequest(text)), at: now)
        }
        guard keyrings.works.count < KeyringBook.maxCount else {
            return finish(number, .failure(.overloaded(what: "keyring operations")), at: now)
        }
        let parts = keyringParts(request)
        keyrings.works[number] = KeyringWork(parts: parts)
        requests.move(number, to: .gathering)
        let key = Base64.decode(request.key)
        var query = PoolQuery(operation, key: key ?? [])
        query.relayFactor = UInt8(clamping: min(request.relayFactor, 5))
        for part in parts {
            switch part {
            case .pool(let channel):
                if key == nil {
                    refuseKey(request.key, in: channel, for: number, at: now)
                } else {
                    ask(query, in: channel, for: number, at: now)
                }
            case .datacenter(let name):
                var leg = request
                leg.datacenter = name
                leg.forwarded = true
                begin(
                    .internalKeyringOperation(leg), from: .keyring(number, datacenter: name), timeout: nil, at: now)
            }
        }
    }

    /// Each pool of each datacenter says for itself that the key is none, in Go's words.
    private mutating func refuseKey(_ key: String, in channel: Channel, for number: UInt64, at now: Instant) {
        let response = KeyringResponse(
            wan: channel == .wan, datacenter: configuration.datacenter,
            error: "illegal base64 data at input byte \(Base64.firstProblem(of: key))")
        completed(.pool(channel), [response], of: number, at: now)
    }

    private func keyringParts(_ request: KeyringRequest) -> [KeyringWork.Part] {
        guard !request.forwarded, !request.localOnly, wan != nil else { return [.pool(.lan)] }
        let others = datacentersByDistance.filter { $0 != configuration.datacenter }.sorted()
        return [.pool(.wan), .pool(.lan)] + others.map { .datacenter($0) }
    }

    private mutating func ask(_ query: PoolQuery, in channel: Channel, for number: UInt64, at now: Instant) {
        let members = channel == .wan ? wan?.members : lan.members
        let count = (members ?? []).count { $0.status == .alive }
        let id = keyrings.newQuery(of: number, in: channel, nodeCount: count)
        switch channel {
        case .wan: wan?.handle(.query(id, query), at: now, into: &poolEffects)
        case .lan, .rpc: lan.handle(.query(id, query), at: now, into: &poolEffects)
        }
        performPool(channel, at: now)
    }

    // MARK: Answers

    mutating func queryAnswered(_ id: QueryID, from member: String, payload: [UInt8], at now: Instant) {
        guard let query = keyrings.answered(id, from: member, payload: payload) else { return }
        completed(query, at: now)
    }

    mutating func queryEnded(_ id: QueryID, at now: Instant) {
        guard let query = keyrings.ended(id) else { return }
        completed(query, at: now)
    }

    private mutating func completed(_ query: KeyringBook.Query, at now: Instant) {
        let tally = query.tally
        let response = KeyringResponse(
            wan: query.channel == .wan, datacenter: configuration.datacenter, messages: tally.messages,
            keys: tally.keys, primaryKeys: tally.primaryKeys, numNodes: tally.nodeCount, error: tally.error)
        completed(.pool(query.channel), [response], of: query.work, at: now)
    }

    /// Another datacenter has answered; its failure is that of the whole operation.
    mutating func keyringAnswered(
        _ number: UInt64, datacenter: String, _ result: Result<Response, FederationError>, at now: Instant
    ) {
        guard keyrings.works[number] != nil else { return }
        switch result {
        case .success(.keyring(let answer)):
            completed(.datacenter(datacenter), answer.responses ?? [], of: number, at: now)
        case .success: finish(number, .failure(.remote("\(datacenter) gave no keyring answer")), at: now)
        case .failure(let error): finish(number, .failure(error), at: now)
        }
    }

    private mutating func completed(
        _ part: KeyringWork.Part, _ responses: [KeyringResponse], of number: UInt64, at now: Instant
    ) {
        keyrings.works[number]?.answers[part] = responses
        guard let work = keyrings.works[number], work.isComplete else { return }
        finish(number, .success(.keyring(KeyringResponses(responses: work.responses))), at: now)
    }
}
