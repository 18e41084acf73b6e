import CCurl

/// A blocking HTTP client for command-line tools; agents use `ProbeEngine`.
package enum CurlClient {
    package struct Response: Sendable {
        package var status: Int
        /// In the order they came, those of the last answer only.
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]

        /// The first header of that name, whatever its case.
        package func header(_ name: String) -> String? {
            let wanted = name.lowercased()
            return headers.first { $0.name.lowercased() == wanted }?.value
        }
    }

    /// Why there is no answer, in words for a person.
    package struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
        package let reason: String
        package var isTimeout: Bool
        /// No connection came about, so nothing was sent.
        package var isConnectFailure: Bool
        package var description: String { reason }
    }

    /// Collects one answer; libcurl's context.
    private final class Collector {
        var headers: [(name: String, value: String)] = []
        var body: [UInt8] = []
        let maxBytes: Int

        init(maxBytes: Int) { self.maxBytes = maxBytes }

        static func at(_ context: UnsafeMutableRawPointer?) -> Collector? {
            context.map { Unmanaged<Collector>.fromOpaque($0).takeUnretainedValue() }
        }

        func received(header data: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
            let bytes = UnsafeRawBufferPointer(start: data, count: count)
            if bytes.starts(with: "HTTP/".utf8) { headers = [] }
            guard headers.count < 1024, let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return count }
            func text(_ part: Slice<UnsafeRawBufferPointer>) -> String {
                let start = part.firstIndex { $0 > 32 } ?? part.endIndex
                let end = part.lastIndex { $0 > 32 }.map { $0 + 1 } ?? start
                return String(decoding: part[start..<end], as: UTF8.self)
            }
            headers.append((text(bytes[..<colon]), text(bytes[(colon + 1)...])))
            return count
        }

        func received(body data: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
            guard body.count + count <= maxBytes else { return 0 }
            body.append(contentsOf: UnsafeRawBufferPointer(start: data, count: count))
            return count
        }
    }

    /// Sends one request on a connection of its own and waits for the answer; redirects are not followed.
    /// - Parameters:
    ///   - timeout: from the start to the last byte; nil waits for ever (a blocking query).
    ///   - unixSocket: path of the socket to connect to instead of the URL's host.
    ///   - maxBodyBytes: a longer answer is a failure.
    package static func request(
        method: String = "GET", url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        timeout: Duration? = .seconds(10), unixSocket: String? = nil, maxBodyBytes: Int = 256 << 20
    ) throws(Failure) -> Response {
        CurlLibrary.prepare()
        guard let handle = curl_easy_init() else {
            throw Failure(reason: "out of memory", isTimeout: false, isConnectFailure: true)
        }
        defer { curl_easy_cleanup(handle) }
        let collector = Collector(maxBytes: maxBodyBytes)
        var lines: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(lines) }
        for (name, value) in headers + [("Expect", "")] {
            let line = value.isEmpty && name != "Expect" ? "\(name);" : "\(name): \(value)"
            lines = curl_slist_append(lines, line) ?? lines
        }
        var errorText = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        let code = errorText.withUnsafeMutableBufferPointer { errorText in
            set(method, url, body, timeout, unixSocket, on: handle)
            ccurl_set_list(handle, CURLOPT_HTTPHEADER, lines)
            ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText.baseAddress)
            ccurl_set_callbacks(
                handle,
                { data, size, count, context in Collector.at(context)?.received(header: data, size * count) ?? 0 },
                { data, size, count, context in Collector.at(context)?.received(body: data, size * count) ?? 0 },
                Unmanaged.passUnretained(collector).toOpaque())
            return withExtendedLifetime(collector) { curl_easy_perform(handle) }
        }
        guard code == CURLE_OK else {
            let detail = errorText.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let reason = String(decoding: detail, as: UTF8.self)
            throw Failure(
                reason: reason.isEmpty ? String(cString: curl_easy_strerror(code)) : reason,
                isTimeout: code == CURLE_OPERATION_TIMEDOUT,
                isConnectFailure: code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST)
        }
        var status = 0
        ccurl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return Response(status: status, headers: collector.headers, body: collector.body)
    }

    private static func set(
        _ method: String, _ url: String, _ body: [UInt8], _ timeout: Duration?, _ unixSocket: String?,
        on handle: UnsafeMutableRawPointer
    ) {
        ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        ccurl_set_string(handle, CURLOPT_URL, url)
        ccurl_set_string(handle, CURLOPT_PROXY, "")
        ccurl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        ccurl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        if let unixSocket { ccurl_set_string(handle, CURLOPT_UNIX_SOCKET_PATH, unixSocket) }
        if let timeout {
            let (seconds, attoseconds) = timeout.components
            let milliseconds = min(max(seconds, 0), 1 << 31) * 1000 + attoseconds / 1_000_000_000_000_000
            ccurl_set_long(handle, CURLOPT_TIMEOUT_MS, Int(max(milliseconds, 1)))
        }
        if method == "HEAD" {
            ccurl_set_long(handle, CURLOPT_NOBODY, 1)
        } else {
            if !body.isEmpty || method == "PUT" || method == "POST" {
                _ = (body + [0]).withUnsafeBytes { ccurl_set_body(handle, $0.baseAddress, body.count) }
            }
            ccurl_set_string(handle, CURLOPT_CUSTOMREQUEST, method)
        }
    }
}
