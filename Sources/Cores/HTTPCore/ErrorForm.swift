import Determinism
import FederationModel
import WireFormat

/// In which form a client is told of errors besides Consul's status. Consul's text is what everybody gets who does not
/// ask for JSON.
package struct ErrorForm: Equatable, Sendable {
    /// `X-Isthmus-Error` goes to a client that says anything of itself or of what it takes: `User-Agent`, a header
    /// that begins with `Accept` or `X-Isthmus-`, or a query that asks for more. To a request without all of these,
    /// such as the replay of a recording, the answer is Consul's to the byte.
    package var showsKind: Bool
    /// The client prefers JSON to text: see `prefersJSON`.
    package var isJSON: Bool

    package init(showsKind: Bool = true, isJSON: Bool = false) {
        self.showsKind = showsKind
        self.isJSON = isJSON
    }

    init(_ request: HTTPRequest, _ query: Query = Query()) {
        var form = ErrorForm(showsKind: query.has("explain") || query.has("envelope"))
        for header in request.headers {
            guard let first = header.name.utf8.first else { continue }
            switch first | 0x20 {
            case UInt8(ascii: "u"): if header.name.lowercased() == "user-agent" { form.showsKind = true }
            case UInt8(ascii: "a"):
                let name = header.name.lowercased()
                guard name.hasPrefix("accept") else { continue }
                form.showsKind = true
                if name == "accept", Self.prefersJSON(header.value) { form.isJSON = true }
            case UInt8(ascii: "x"): if header.name.lowercased().hasPrefix("x-isthmus-") { form.showsKind = true }
            default: break
            }
        }
        self = form
    }

    /// JSON must be named: `*/*` and `application/*` stand for whatever Consul answers. Where text is named too it wins
    /// unless JSON has the higher quality (RFC 9110 §12.5.1).
    static func prefersJSON(_ accept: String) -> Bool {
        var json = 0
        var text = 0
        for part in accept.split(separator: ",") {
            let words = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard let type = words.first else { continue }
            let parameter = words.dropFirst().first { $0.hasPrefix("q=") }
            let quality = parameter.map { Self.thousandths($0.dropFirst(2)) } ?? 1000
            switch type {
            case "application/json": json = max(json, quality)
            case "text/plain", "text/*": text = max(text, quality)
            default: break
            }
        }
        return json > text
    }

    /// Thousandths; 0 for what is no quality.
    private static func thousandths(_ text: Substring) -> Int {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = Int(parts[0]), (0...1).contains(whole) else { return 0 }
        let digits = parts.count > 1 ? parts[1].prefix(3) : ""
        guard digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return 0 }
        return min(1000, whole * 1000 + (Int(digits + String(repeating: "0", count: 3 - digits.count)) ?? 0))
    }
}

extension JSONWriter {
    /// An error for programs.
    mutating func write(_ problem: HTTPProblem, _ details: ErrorDetails) {
        beginObject()
        field("Error", problem.kind.rawValue)
        field("Message", problem.text.isEmpty ? problem.words : problem.text)
        field("Datacenter", details.datacenter)
        field("Server", details.server)
        field("Elapsed", details.elapsed.goText)
        field("RetrySafe", problem.isRetrySafe)
        key("NearNames")
        list(details.nearNames) { $0.write($1) }
        endObject()
    }
}
