package import ClientHTTP
package import WireFormat

/// Why a command did not succeed, in words for its user.
package struct CommandFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}

/// The HTTP API of one agent, as commands use it.
package struct AgentClient: Sendable {
    private let http: any HTTPClient
    private let base: String
    private let token: String

    package init(address: String, token: String = "", http: any HTTPClient = CurlHTTPClient()) {
        base = address.hasPrefix("http://") || address.hasPrefix("https://") ? address : "http://" + address
        self.token = token
        self.http = http
    }

    /// Query parameters in their order; a nil value stands for a bare name, an empty name is left out.
    package typealias Query = [(name: String, value: String?)]

    /// - Returns: an answer of status 200, or of one in `also`.
    package func call(
        _ method: String, _ path: String, _ query: Query = [], body: [UInt8] = [], also: [Int] = []
    ) throws(CommandFailure) -> HTTPAnswer {
        let parameters = query.filter { !$0.name.isEmpty }.map { parameter in
            parameter.name + (parameter.value.map { "=" + percentEncoded($0) } ?? "")
        }
        let target = path + (parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&"))
        var call = HTTPCall(method, base, target, body: body, timeout: .seconds(60))
        if !token.isEmpty { call.headers.append(("X-Consul-Token", token)) }
        let answer: HTTPAnswer
        do throws(HTTPClientError) {
            answer = try http.perform(call)
        } catch {
            throw CommandFailure("the agent at \(base) does not answer: \(error)")
        }
        for (datacenter, kind) in Self.silent(in: answer.headers) { StandardError.print("\(datacenter): \(kind)") }
        guard answer.status == 200 || also.contains(answer.status) else {
            let words = answer.text.split { $0.isWhitespace || $0.isNewline }
            let text = words.joined(separator: " ").prefix(1000)
            throw CommandFailure("unexpected answer \(answer.status)\(text.isEmpty ? "" : ": \(text)")")
        }
        return answer
    }

    /// Datacenters of `X-Isthmus-Datacenters` that did not answer, with the kind of their error.
    package static func silent(in headers: [(name: String, value: String)]) -> [(datacenter: String, kind: String)] {
        let entries = headers.first { $0.name.lowercased() == "x-isthmus-datacenters" }?.value.split(separator: ",")
        return (entries ?? []).compactMap { entry in
            let words = entry.filter { $0 != " " && $0 != "\"" }.split(separator: ";")
            guard let name = words.first, let error = words.first(where: { $0.hasPrefix("error=") }) else { return nil }
            return (String(name), String(error.dropFirst(6)))
        }
    }

    package func json(_ path: String, _ query: Query = []) throws(CommandFailure) -> JSONValue {
        try Self.read(try call("GET", path, query))
    }

    package static func read(_ answer: HTTPAnswer) throws(CommandFailure) -> JSONValue {
        do throws(JSONError) {
            return try JSONReader.read(answer.body)
        } catch {
            throw CommandFailure("the agent's answer is not JSON: \(error)")
        }
    }
}

extension JSONValue {
    /// Indented text.
    package var prettyText: String {
        var writer = JSONWriter(isPretty: true)
        writer.write(self)
        return String(decoding: writer.finished(), as: UTF8.self)
    }

    /// A string's text, a number's literal, or nothing.
    package func shown(_ name: String) -> String {
        guard let value = self[name] else { return "" }
        switch value.kind {
        case .string(let text): return text
        case .number(let literal): return literal
        case .bool(let bool): return bool ? "true" : "false"
        case .null, .array, .object: return ""
        }
    }
}
