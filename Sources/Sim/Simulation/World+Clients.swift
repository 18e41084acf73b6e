package import AgentCore
import Determinism
import DNSCore
import FederationModel
package import HTTPCore
package import ServerCore

/// What turns requests of one agent's clients into typed ones.
package struct FrontEnd: Sendable {
    let http: HTTPRouter
    let dns: DNSFrontEnd?

    package init(_ plan: AgentPlan) {
        http = HTTPRouter(context: plan.httpContext)
        dns = DNSFrontEnd(context: plan.dnsContext(serial: 1))
    }

    /// - Parameter blocked: prefixes of paths that are answered 403.
    package init(_ configuration: ServerConfiguration, blocked: [String] = []) {
        var context = HTTPContext(
            datacenter: configuration.datacenter, node: configuration.node, isServer: configuration.isServer)
        context.blockedEndpoints = blocked
        http = HTTPRouter(context: context)
        dns = DNSFrontEnd(context: DNSContext(datacenter: configuration.datacenter))
    }
}

/// How a client's request ended.
package enum ClientAnswer: Sendable {
    case http(HTTPResponse)
    case dns([UInt8])
    /// No answer, in words.
    case failed(String)
}

/// Clients of agents: each sits on its agent's machine, asks one thing over loopback and waits.
struct Clients: Sendable {
    enum Exchange: Sendable {
        case http(HTTPRound)
        case dns(DNSRound)
        /// Not yet read by a frozen agent.
        case unreadHTTP(HTTPRequest)
        case unreadDNS([UInt8])
    }

    enum Answer: Sendable {
        case request(Result<Response, FederationError>, ErrorDetails)
        case agent(AgentResponse)
    }

    /// Numbers of front ends' requests begin here, so that they differ from those a run draws itself.
    static let firstNumber: UInt64 = 1 << 40

    var random = SeededRandom(seed: 0)
    var nextNumber = firstNumber
    var exchanges: [UInt64: (host: Int, exchange: Exchange)] = [:]
    /// Of an exchange with several questions under way: by their request numbers, and these by the exchange.
    var questions: [UInt64: (exchange: UInt64, number: Int)] = [:]
    var questionsOf: [UInt64: [UInt64]] = [:]
    /// Answers of agents that are still to be rendered, in their order.
    var arrived: [(UInt64, Answer)] = []
    var answers: [(id: UInt64, ClientAnswer)] = []
}

extension World {
    /// - Returns: the number under which `takeClientAnswers` has its answer.
    package mutating func http(_ request: HTTPRequest, at host: Int, timeout: Duration) -> UInt64 {
        hash.combine(request.target)
        var request = request
        // Clients say who they are, as nearly all do.
        if request.headers.isEmpty { request.headers = [(name: "User-Agent", value: "simulated")] }
        return begin(.unreadHTTP(request), at: host, timeout: timeout)
    }

    /// Over UDP.
    package mutating func dns(_ packet: [UInt8], at host: Int, timeout: Duration) -> UInt64 {
        hash.combine(packet)
        return begin(.unreadDNS(packet), at: host, timeout: timeout)
    }

    package mutating func takeClientAnswers() -> [(id: UInt64, ClientAnswer)] { take(&clients.answers) }

    /// The answer, when it came at once.
    package mutating func takeClientAnswer(_ id: UInt64) -> ClientAnswer? {
        guard let position = clients.answers.lastIndex(where: { $0.id == id }) else { return nil }
        return clients.answers.remove(at: position).1
    }

    private mutating func begin(_ exchange: Clients.Exchange, at host: Int, timeout: Duration) -> UInt64 {
        clients.nextNumber += 1
        let number = clients.nextNumber
        guard states[host].isRunning else {
            clients.answers.append((id: number, .failed("connection refused")))
            return number
        }
        add(.clientGivesUp(number), due: now + timeout)
        if states[host].isFrozen {
            clients.exchanges[number] = (host: host, exchange: exchange)
        } else {
            read(number, exchange, host)
        }
        return number
    }

    private mutating func read(_ number: UInt64, _ exchange: Clients.Exchange, _ host: Int) {
        let local = states[host].clock.local(now)
        switch exchange {
        case .unreadHTTP(let request):
            var round = HTTPRound(frontEnds[host].http)
            let step = round.begin(request, view: views[host], at: local, random: &clients.random)
            trace(.client, host, "\(request.method) \(request.target)")
            perform(step, round, number, host)
        case .unreadDNS(let packet):
            guard let frontEnd = frontEnds[host].dns else {
                // Nobody listens, and UDP tells nobody.
                return clients.exchanges[number] = (host: host, exchange: exchange)
            }
            var round = DNSRound(frontEnd, random: clients.random.split())
            perform(round.begin(packet, isTCP: false, view: views[host], at: local), round, number, host)
        case .http, .dns: break
        }
    }

    private mutating func perform(_ step: HTTPRound.Step, _ round: HTTPRound, _ number: UInt64, _ host: Int) {
        // Most are answered at once, and never stored.
        if case .respond(let response) = step {
            clients.exchanges[number] = nil
            return end(number, .http(response))
        }
        clients.exchanges[number] = (host: host, exchange: .http(round))
        switch step {
        case .respond: break
        case .ask(let request, let timeout):
            hand(.request(RequestID(number), request, timeout: timeout, explains: round.explains), to: host)
        case .askAll(let questions, let timeout):
            for question in questions {
                clients.nextNumber += 1
                let id = clients.nextNumber
                clients.questions[id] = (exchange: number, number: question.number)
                clients.questionsOf[number, default: []].append(id)
                switch question.subject {
                case .request(let request): hand(.request(RequestID(id), request, timeout: timeout), to: host)
                case .agent(let request): hand(.agentRequest(RequestID(id), request), to: host)
                }
            }
        case .askAgent(let request): hand(.agentRequest(RequestID(number), request), to: host)
        case .resolve(let name, let port):
            // The world has no names, only addresses.
            perform(round.resolved(IPAddress(name).map { [Endpoint($0, port)] } ?? []), round, number, host)
        case .shell:
            // Nor has it machines with logs and files to read again.
            finish(number, .http(HTTPResponse(status: 501)))
        }
    }

    private mutating func perform(_ step: DNSRound.Step, _ round: DNSRound, _ number: UInt64, _ host: Int) {
        clients.exchanges[number] = (host: host, exchange: .dns(round))
        switch step {
        case .respond(let bytes):
            // Silence: the client waits for its time to pass.
            if let bytes { finish(number, .dns(bytes)) }
        case .ask(let request, let timeout): hand(.request(RequestID(number), request, timeout: timeout), to: host)
        case .askAgent(let request): hand(.agentRequest(RequestID(number), request), to: host)
        case .recurse(let recursion):
            var round = round
            let local = states[host].clock.local(now)
            let step = round.settled(recursion, by: nil, view: views[host], at: local)
            perform(step, round, number, host)
        }
    }

    private mutating func finish(_ number: UInt64, _ answer: ClientAnswer) {
        if clients.exchanges.removeValue(forKey: number) != nil { end(number, answer) }
    }

    private mutating func end(_ number: UInt64, _ answer: ClientAnswer) {
        for id in clients.questionsOf.removeValue(forKey: number) ?? [] { clients.questions[id] = nil }
        clients.answers.append((id: number, answer))
    }

    /// An agent's answer while its other effects are performed: it goes on when they are.
    /// - Returns: false when no client waits for it.
    mutating func answerClient(_ id: RequestID, _ answer: Clients.Answer) -> Bool {
        guard id.number > Clients.firstNumber else { return false }
        clients.arrived.append((id.number, answer))
        return true
    }

    mutating func continueClients() {
        while !clients.arrived.isEmpty {
            let (id, answer) = clients.arrived.removeFirst()
            let question = clients.questions.removeValue(forKey: id)
            let number = question?.exchange ?? id
            // Taken out, for a copy of it counts all that it holds; whatever goes on puts it back.
            guard let (host, exchange) = clients.exchanges.removeValue(forKey: number) else { continue }
            let local = states[host].clock.local(now)
            switch (exchange, answer) {
            case (.http(var round), _) where question != nil:
                let part = question?.number ?? 0
                let step =
                    switch answer {
                    case .request(let result, let details):
                        round.answered(part, result, details, view: views[host], at: local)
                    case .agent(let response): round.answered(part, response)
                    }
                guard let step else {
                    clients.exchanges[number] = (host: host, exchange: .http(round))
                    break
                }
                perform(step, round, number, host)
            case (.http(var round), .request(let result, let details)):
                let step = round.answered(result, details, view: views[host], at: local)
                perform(step, round, number, host)
            case (.http(let round), .agent(let response)): end(number, .http(round.answered(response)))
            case (.dns(let round), .agent(let response)):
                if let bytes = round.answered(response) {
                    end(number, .dns(bytes))
                } else {
                    clients.exchanges[number] = (host: host, exchange: exchange)
                }
            case (.dns(var round), .request(let result, _)):
                let step = round.answered(result, view: views[host], at: local)
                perform(step, round, number, host)
            case (.unreadHTTP, _), (.unreadDNS, _): clients.exchanges[number] = (host: host, exchange: exchange)
            }
        }
    }

    mutating func clientGivesUp(_ number: UInt64) {
        guard let (host, exchange) = clients.exchanges[number] else { return }
        let questions = clients.questionsOf[number] ?? []
        finish(number, .failed("no answer in time"))
        for id in questions { hand(.cancelled(RequestID(id)), to: host) }
        switch exchange {
        case .http, .dns: hand(.cancelled(RequestID(number)), to: host)
        case .unreadHTTP, .unreadDNS: break
        }
    }

    /// The agent's process is gone, and its kernel resets what was connected.
    mutating func dropClients(of host: Int) {
        for number in clients.exchanges.keys.sorted() where clients.exchanges[number]?.host == host {
            finish(number, .failed("connection reset"))
        }
    }

    mutating func resumeClients(of host: Int) {
        for number in clients.exchanges.keys.sorted() {
            guard let (asked, exchange) = clients.exchanges[number], asked == host else { continue }
            read(number, exchange, host)
        }
    }
}
