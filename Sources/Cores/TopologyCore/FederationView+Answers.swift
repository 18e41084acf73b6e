import WireFormat

// What agents answer to any request, and what they say of other datacenters.
extension FederationView {
    /// Of an `answers` expectation.
    func checkAnswer(
        _ wanted: TopologyExpectation.Answer, _ agent: TopologyPlan.Agent, asking asker: inout some FederationAsker
    ) throws(FederationReason) -> String {
        let answer = try get(agent, wanted.path, timeout: wanted.fasterThan, asking: &asker)
        guard answer.status == wanted.status else {
            throw FederationReason(
                "\(agent.name): \(wanted.path) answers \(answer.status) \(answer.text.prefix(200))")
        }
        let own = answer.headers.filter { $0.name.lowercased().hasPrefix("x-isthmus-") }
        var texts = own.map { "\($0.name): \($0.value)" } + [answer.text]
        if !wanted.header.isEmpty {
            guard let value = answer.header(wanted.header.lowercased()) else {
                throw FederationReason("\(agent.name): \(wanted.path) answers without \(wanted.header)")
            }
            texts = [value]
        }
        let shown = texts.map { String($0.prefix(1000)) }.joined(separator: " | ")
        for part in wanted.says where !texts.contains(where: { $0.contains(part) }) {
            throw FederationReason("\(agent.name): \(wanted.path) answers \(shown) without \"\(part)\"")
        }
        for part in wanted.lacks where texts.contains(where: { $0.contains(part) }) {
            throw FederationReason("\(agent.name): \(wanted.path) answers \(shown) with \"\(part)\"")
        }
        // What is shown in one line of a report: our headers say most in the least space.
        return "\(texts[0].prefix { $0 != "\n" }.prefix(300)) in \(answer.time.shown)"
    }

    func checkCode(
        _ name: String, _ code: TopologyExpectation.Code, _ limit: Duration, _ agent: TopologyPlan.Agent,
        asking asker: inout some FederationAsker
    ) throws(FederationReason) {
        let question = FederationQuestion(agent.name, .dns(name: name, .address), timeout: limit)
        guard case .dns(let answer) = try asker.ask(question) else { throw FederationReason("\(agent.name): no DNS") }
        guard answer.code == code.number else {
            let known = TopologyExpectation.Code.allCases.first { $0.number == answer.code }?.rawValue
            throw FederationReason("\(agent.name): \(name) resolves to \(known ?? "code \(answer.code)")")
        }
    }

    func checkVerdict(
        _ datacenter: String, _ words: [String], _ scope: TopologyExpectation.Scope, _ agent: TopologyPlan.Agent,
        asking asker: inout some FederationAsker
    ) throws(FederationReason) -> String {
        let reports = try json(agent, "/v1/federation/datacenters", asking: &asker).items ?? []
        guard let report = reports.first(where: { $0["Datacenter"]?.text == datacenter }) else {
            throw FederationReason("\(agent.name) does not know \(datacenter)")
        }
        let verdict = report[scope == .federation ? "Federation" : "Verdict"]?.text ?? ""
        let evidence = report["Reason"]?.text ?? ""
        guard words.contains(verdict) else {
            throw FederationReason("\(agent.name): \(datacenter) is \(verdict) (\(evidence))")
        }
        return evidence
    }

    /// Whether the agent names a one-way cut, with its direction and not the other one.
    func checkCut(
        from: String, to: String, isAbsent: Bool, _ agent: TopologyPlan.Agent,
        asking asker: inout some FederationAsker
    ) throws(FederationReason) {
        let cuts = try json(agent, "/v1/federation/matrix", asking: &asker)["Cuts"]?.items ?? []
        let named = cuts.map { ($0["From"]?.text ?? "", $0["To"]?.text ?? "") }
        let shown = named.isEmpty ? "none" : named.map { "\($0) to \($1)" }.joined(separator: ", ")
        let isNamed = named.contains { $0 == (from, to) }
        if isAbsent {
            if isNamed { throw FederationReason("\(agent.name) names the cut \(from) to \(to)") }
        } else if !isNamed || named.contains(where: { $0 == (to, from) }) {
            throw FederationReason("\(agent.name) names the cuts: \(shown)")
        }
    }

    /// No member of the datacenter is in the agent's WAN pool, whatever its status, and no verdict of it but `left`.
    func checkForgotten(
        _ datacenter: String, _ agent: TopologyPlan.Agent, asking asker: inout some FederationAsker
    ) throws(FederationReason) {
        let members = try json(agent, "/v1/agent/members?wan", asking: &asker).items ?? []
        let left = members.compactMap { $0["Name"]?.text }.filter { $0.hasSuffix(".\(datacenter)") }
        guard left.isEmpty else {
            throw FederationReason("\(agent.name) still knows \(left.joined(separator: ", "))")
        }
        let reports = try json(agent, "/v1/federation/datacenters", asking: &asker).items ?? []
        let verdict = reports.first { $0["Datacenter"]?.text == datacenter }?["Verdict"]?.text
        if let verdict, verdict != "left" {
            throw FederationReason("\(agent.name): \(datacenter) is \(verdict)")
        }
    }
}
