import CurlProbes

/// Calls by libcurl, a connection each.
package struct CurlHTTPClient: HTTPClient {
    /// An answer beyond this is an error.
    package static let maxAnswerBytes = 64 << 20

    package init() {}

    package func perform(_ call: HTTPCall) throws(HTTPClientError) -> HTTPAnswer {
        let base = try Self.normalised(call.base)
        do throws(CurlClient.Failure) {
            let answer = try CurlClient.request(
                method: call.method, url: base + call.target, headers: call.headers, body: call.body,
                timeout: call.timeout, maxBodyBytes: Self.maxAnswerBytes)
            let headers = answer.headers.map { (name: $0.name.lowercased(), value: $0.value) }
            return HTTPAnswer(status: answer.status, headers: headers, body: answer.body)
        } catch {
            throw error.isConnectFailure ? .notConnected(error.reason) : .noAnswer(error.reason)
        }
    }

    /// A URL without a path: `http://` in front and Consul's port behind when they were left out. An IPv6 address
    /// stands in brackets.
    package static func normalised(_ base: String) throws(HTTPClientError) -> String {
        var rest = Substring(base)
        var scheme = "http"
        if let mark = rest.range(ofScheme: "://") {
            scheme = String(rest[..<mark.lowerBound])
            rest = rest[mark.upperBound...]
        }
        while rest.hasSuffix("/") { rest = rest.dropLast() }
        guard scheme == "http" || scheme == "https", !rest.isEmpty, !rest.contains("/"), !rest.contains(" ") else {
            throw .badAddress(base)
        }
        let tail = rest.hasPrefix("[") ? rest[(rest.lastIndex(of: "]") ?? rest.startIndex)...].dropFirst() : rest
        let parts = tail.split(separator: ":", omittingEmptySubsequences: false)
        switch parts.count {
        case 0, 1: return "\(scheme)://\(rest):8500"
        case 2 where UInt16(parts[1]) != nil && (rest.hasPrefix("[") || !parts[0].isEmpty): return "\(scheme)://\(rest)"
        default: throw .badAddress(base)
        }
    }
}

extension Substring {
    /// Where `mark` stands first.
    fileprivate func range(ofScheme mark: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(mark) { return start..<index(start, offsetBy: mark.count) }
            start = index(after: start)
        }
        return nil
    }
}
