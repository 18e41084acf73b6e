import FederationModel

/// Why a template cannot be compiled or rendered, in Consul's words.
struct TemplateProblem: Error, Equatable {
    var text: String

    init(_ text: String) { self.text = text }
}

/// One text of a template: literals and the interpolations `${name.full}`, `${name.prefix}`, `${name.suffix}`,
/// `${agent.segment}` and `${match(N)}`; `$${` is a literal `${`. Consul's language has arithmetic and further
/// functions besides, which no template of a service name needs: they are refused.
struct TemplateText {
    enum Part: Equatable {
        case literal(String)
        case full, prefix, suffix, segment
        case match(Int)
    }

    var parts: [Part] = []

    /// - Parameter place: the field, for the problem.
    init(_ text: String, place: String) throws(TemplateProblem) {
        let scalars = Array(text.unicodeScalars)
        var position = 0
        var literal = String.UnicodeScalarView()
        while position < scalars.count {
            if scalars[position] == "$", position + 1 < scalars.count {
                if scalars[position + 1] == "$", position + 2 < scalars.count, scalars[position + 2] == "{" {
                    literal.append(contentsOf: "${".unicodeScalars)
                    position += 3
                    continue
                }
                if scalars[position + 1] == "{" {
                    guard let end = scalars[position...].firstIndex(of: "}") else {
                        throw TemplateProblem("Bad format '\(text)' in \(place): parse error: syntax error")
                    }
                    if !literal.isEmpty { parts.append(.literal(String(literal))) }
                    literal = String.UnicodeScalarView()
                    var inner = String.UnicodeScalarView()
                    inner.append(contentsOf: scalars[(position + 2)..<end])
                    parts.append(try Self.part(String(inner), of: text, place, column: position + 3))
                    position = end + 1
                    continue
                }
            }
            literal.append(scalars[position])
            position += 1
        }
        if !literal.isEmpty { parts.append(.literal(String(literal))) }
    }

    private static func part(
        _ inner: String, of text: String, _ place: String, column: Int
    ) throws(TemplateProblem) -> Part {
        let name = inner.split(separator: " ", omittingEmptySubsequences: true).joined()
        switch name {
        case "name.full": return .full
        case "name.prefix": return .prefix
        case "name.suffix": return .suffix
        case "agent.segment": return .segment
        default: break
        }
        if name.hasPrefix("match("), name.hasSuffix(")") {
            let argument = name.dropFirst(6).dropLast()
            if let number = Int(argument) { return .match(number) }
            let count = argument.isEmpty ? 0 : argument.split(separator: ",").count
            if count != 1 {
                throw TemplateProblem(
                    "Bad evaluation for '\(text)' in \(place): 1:\(column): match: expected 1 arguments, got \(count)")
            }
        }
        let isVariable = !name.isEmpty && name.utf8.allSatisfy {
            $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A)
        }
        guard isVariable else {
            throw TemplateProblem("Bad format '\(text)' in \(place): parse error: syntax error")
        }
        throw TemplateProblem(
            "Bad evaluation for '\(text)' in \(place): 1:\(column): unknown variable accessed: \(name)")
    }

    struct Values {
        var name: String
        var prefix: String
        var segment: String
        var groups: [String]
    }

    func rendered(_ values: Values) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .full: text += values.name
            case .prefix: text += values.prefix
            case .suffix:
                let hasPrefix = values.name.utf8.starts(with: values.prefix.utf8)
                text += hasPrefix ? String(values.name.utf8.dropFirst(values.prefix.utf8.count)) ?? "" : values.name
            case .segment: text += values.segment
            case .match(let number):
                if values.groups.indices.contains(number) { text += values.groups[number] }
            }
        }
        return text
    }
}

extension PreparedQuery {
    /// Renders the template for a name. Without values: only checks that it can be.
    func rendered(
        as name: String, segment: String, patterns: PatternCompiler
    ) throws(TemplateProblem) -> PreparedQuery {
        guard template.type == "name_prefix_match" else {
            throw TemplateProblem("Bad Template.Type '\(template.type)'")
        }
        var values = TemplateText.Values(name: name, prefix: self.name, segment: segment, groups: [])
        if !template.regexp.isEmpty {
            do throws(PatternProblem) {
                values.groups = try patterns.compile(template.regexp).groups(in: name) ?? []
            } catch {
                throw TemplateProblem("Bad Regexp: \(error.text)")
            }
        }
        var query = self
        func text(_ text: String, _ place: String) throws(TemplateProblem) -> String {
            try TemplateText(text, place: place).rendered(values)
        }
        func list(_ texts: [String]?, _ place: String) throws(TemplateProblem) -> [String]? {
            guard let texts else { return nil }
            var list: [String] = []
            for (position, item) in texts.enumerated() { list.append(try text(item, "\(place)[\(position)]")) }
            return list
        }
        func map(_ texts: [String: String]?, _ place: String) throws(TemplateProblem) -> [String: String]? {
            guard var map = texts else { return nil }
            for key in map.keys.sorted() { map[key] = try text(map[key] ?? "", "\(place)[\(key)]") }
            return map
        }
        query.service.service = try text(service.service, "Service.Service")
        query.service.failover.datacenters = try list(service.failover.datacenters, "Service.Failover.Datacenters")
        query.service.ignoreCheckIDs = try list(service.ignoreCheckIDs, "Service.IgnoreCheckIDs")
        query.service.near = try text(service.near, "Service.Near")
        query.service.tags = try list(service.tags, "Service.Tags")
        if template.removeEmptyTags { query.service.tags?.removeAll { $0.isEmpty } }
        query.service.nodeMeta = try map(service.nodeMeta, "Service.NodeMeta")
        query.service.serviceMeta = try map(service.serviceMeta, "Service.ServiceMeta")
        return query
    }
}
