import CCurl
import Determinism
import FederationModel
import Glibc

/// A URL in the parts a probe needs.
struct ProbeURL {
    let text: String
    let isSecure: Bool
    /// Without the brackets of an IPv6 address.
    let host: String
    let port: String

    /// - Throws: the reason, for the operator.
    init(_ text: String) throws(ProbeURLError) {
        guard let parts = curl_url() else { throw ProbeURLError(reason: "out of memory") }
        defer { curl_url_cleanup(parts) }
        let isPlain = !text.utf8.contains { $0 < 32 || $0 == 127 }
        guard isPlain, curl_url_set(parts, CURLUPART_URL, text, 0) == CURLUE_OK else {
            throw ProbeURLError(reason: "\"\(text)\" is not a URL")
        }
        func part(_ part: CURLUPart) -> String {
            var value: UnsafeMutablePointer<CChar>?
            let code = curl_url_get(parts, part, &value, UInt32(CURLU_DEFAULT_PORT))
            guard code == CURLUE_OK, let value else { return "" }
            defer { curl_free(value) }
            return String(cString: value)
        }
        let scheme = part(CURLUPART_SCHEME)
        guard scheme == "http" || scheme == "https" else {
            throw ProbeURLError(reason: "unsupported scheme \"\(scheme)\"")
        }
        self.text = text
        isSecure = scheme == "https"
        let host = part(CURLUPART_HOST)
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        port = part(CURLUPART_PORT)
    }

    /// The same with another host, for the name that TLS is to send and verify.
    func replacingHost(_ name: String) -> String? {
        guard let parts = curl_url() else { return nil }
        defer { curl_url_cleanup(parts) }
        guard curl_url_set(parts, CURLUPART_URL, text, 0) == CURLUE_OK,
            curl_url_set(parts, CURLUPART_HOST, name, 0) == CURLUE_OK
        else { return nil }
        var value: UnsafeMutablePointer<CChar>?
        guard curl_url_get(parts, CURLUPART_URL, &value, 0) == CURLUE_OK, let value else { return nil }
        defer { curl_free(value) }
        return String(cString: value)
    }

    /// `host:port` as libcurl's lists write it.
    var authority: String { "\(bracketedHost):\(port)" }
    var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }
}

struct ProbeURLError: Error { let reason: String }

/// The request that is due: the definition's, or what a redirect has made of it.
struct HTTPStep {
    var url: ProbeURL
    var method: String
    var header: [(name: String, value: String)]
    var body: String
}

extension ProbeLoop {
    func beginHTTP(_ probe: Probe, _ http: ProbeRequest.HTTP) {
        let isSound = http.header.allSatisfy { Self.isToken($0.name) && !$0.value.utf8.contains { $0 < 32 && $0 != 9 } }
        guard Self.isToken(http.method), isSound else {
            return fail(probe, "the method or a header holds a character HTTP does not allow")
        }
        do throws(ProbeURLError) {
            let url = try ProbeURL(http.url)
            steps[probe.id] = HTTPStep(url: url, method: http.method, header: http.header, body: http.body)
            guard let addresses = addresses(of: url.host, for: probe) else { return }
            sendHTTP(probe, to: addresses)
        } catch {
            fail(probe, error.reason)
        }
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") }
    }

    func sendHTTP(_ probe: Probe, to addresses: [IPAddress]) {
        guard case .http(let http) = probe.request.target, let step = steps[probe.id] else { return }
        guard let handle = idleHandles.popLast() ?? curl_easy_init() else { return fail(probe, "out of memory") }
        let transfer = HTTPTransfer(
            probe.id, handle: handle, url: step.url.text, method: step.method,
            maxBytes: max(probe.request.maxOutputBytes, 0), limits: limits)
        probe.phase = .transfer(transfer)
        set(step, http, on: transfer)
        address(step.url, http, addresses, on: transfer)
        guard curl_multi_add_handle(multiHandle, handle) == CURLM_OK else {
            return fail(probe, "libcurl refuses the request")
        }
    }

    private func set(_ step: HTTPStep, _ http: ProbeRequest.HTTP, on transfer: HTTPTransfer) {
        let handle = transfer.handle
        ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        ccurl_set_long(handle, CURLOPT_FRESH_CONNECT, 1)
        // A kept connection would not tell whether the producer still accepts new ones.
        ccurl_set_long(handle, CURLOPT_FORBID_REUSE, 1)
        ccurl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        ccurl_set_long(handle, CURLOPT_BUFFERSIZE, 8192)
        ccurl_set_long(handle, CURLOPT_DNS_CACHE_TIMEOUT, 30)
        ccurl_set_string(handle, CURLOPT_PROXY, "")
        ccurl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        if step.method == "HEAD" {
            ccurl_set_long(handle, CURLOPT_NOBODY, 1)
        } else if !step.body.isEmpty || ["POST", "PUT", "PATCH"].contains(step.method) {
            let count = step.body.utf8.count
            _ = (Array(step.body.utf8) + [0]).withUnsafeBytes { ccurl_set_body(handle, $0.baseAddress, count) }
            ccurl_set_string(handle, CURLOPT_CUSTOMREQUEST, step.method)
        } else {
            ccurl_set_long(handle, CURLOPT_HTTPGET, 1)
            ccurl_set_string(handle, CURLOPT_CUSTOMREQUEST, step.method)
        }
        // "Name;" is libcurl's form of an empty header, "Name:" takes one of its own away.
        var lines = step.header.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        lines.append("Expect:")
        let names = Set(step.header.map { $0.name.lowercased() })
        if !names.contains("content-type") { lines.append("Content-Type:") }
        if step.url.isSecure && !http.tlsServerName.isEmpty && !names.contains("host") {
            lines.append("Host: \(step.url.port == "443" ? step.url.bracketedHost : step.url.authority)")
        }
        transfer.setList(CURLOPT_HTTPHEADER, lines)
    }

    private func address(
        _ url: ProbeURL, _ http: ProbeRequest.HTTP, _ addresses: [IPAddress], on transfer: HTTPTransfer
    ) {
        let handle = transfer.handle
        if IPAddress(url.host) == nil {
            let list = addresses.map { $0.isIPv6 ? "[\($0)]" : "\($0)" }.joined(separator: ",")
            transfer.setList(CURLOPT_RESOLVE, ["+\(url.host):\(url.port):\(list)"])
        }
        ccurl_set_string(handle, CURLOPT_URL, url.text)
        guard url.isSecure else { return }
        if let certificates { ccurl_set_string(handle, CURLOPT_CAINFO, certificates) }
        if http.tlsSkipVerify {
            ccurl_set_long(handle, CURLOPT_SSL_VERIFYPEER, 0)
            ccurl_set_long(handle, CURLOPT_SSL_VERIFYHOST, 0)
        }
        guard !http.tlsServerName.isEmpty, let named = url.replacingHost(http.tlsServerName) else { return }
        // libcurl takes the name for TLS from the URL: the URL gets it, the connection goes where it went before, and
        // the producer sees the Host it saw before.
        ccurl_set_string(handle, CURLOPT_URL, named)
        transfer.setList(CURLOPT_CONNECT_TO, ["\(http.tlsServerName):\(url.port):\(url.authority)"])
    }

    // MARK: libcurl's loop

    var multiHandle: UnsafeMutableRawPointer? { multi.map { UnsafeMutableRawPointer($0) } }

    func prepareCurl() {
        ccurl_multi_set_callbacks(
            multiHandle,
            { _, socket, action, context, _ in
                ProbeLoop.at(context)?.curlWants(socket: socket, action)
                return 0
            },
            { _, milliseconds, context in
                ProbeLoop.at(context)?.curlWants(timer: milliseconds)
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> ProbeLoop? {
        context.map { Unmanaged<ProbeLoop>.fromOpaque($0).takeUnretainedValue() }
    }

    private func curlWants(socket: curl_socket_t, _ action: Int32) {
        guard action != CURL_POLL_REMOVE else {
            if curlSockets.remove(socket) != nil { ccurl_epoll_set(poller, EPOLL_CTL_DEL, socket, 0, 0) }
            return
        }
        var events: UInt32 = 0
        if action & CURL_POLL_IN != 0 { events |= EPOLLIN.rawValue }
        if action & CURL_POLL_OUT != 0 { events |= EPOLLOUT.rawValue }
        let operation = curlSockets.insert(socket).inserted ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
        let key = UInt64(UInt32(bitPattern: socket))
        if ccurl_epoll_set(poller, operation, socket, events, key) != 0 {
            let other = operation == EPOLL_CTL_ADD ? EPOLL_CTL_MOD : EPOLL_CTL_ADD
            ccurl_epoll_set(poller, other, socket, events, key)
        }
    }

    func driveCurl(socket: Int32, events: UInt32) {
        var action: Int32 = 0
        if events & EPOLLIN.rawValue != 0 { action |= CURL_CSELECT_IN }
        if events & EPOLLOUT.rawValue != 0 { action |= CURL_CSELECT_OUT }
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { action |= CURL_CSELECT_ERR }
        var runningCount: Int32 = 0
        curl_multi_socket_action(multiHandle, socket, action, &runningCount)
    }

    func finishTransfers() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multiHandle, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
            let code = ccurl_message_result(message)
            guard let transfer = HTTPTransfer.at(ccurl_get_pointer(handle, CURLINFO_PRIVATE)),
                let probe = probes[transfer.probe]
            else { continue }
            ended(probe, transfer, code)
        }
    }

    private func ended(_ probe: Probe, _ transfer: HTTPTransfer, _ code: CURLcode) {
        switch transfer.cut {
        case .tooMuch(let reason): return fail(probe, reason)
        case .enough: break
        case nil:
            if code != CURLE_OK { return fail(probe, Self.reason(code, transfer)) }
        }
        var status = 0
        ccurl_get_long(transfer.handle, CURLINFO_RESPONSE_CODE, &status)
        if (300..<400).contains(status), let target = ccurl_get_string(transfer.handle, CURLINFO_REDIRECT_URL) {
            return redirect(probe, transfer, status, to: String(cString: target))
        }
        // 307 and 308 without a target are answers like others.
        if (301...303).contains(status) { return fail(probe, "\(status) response missing Location header") }
        probe.timings = timings(probe, transfer)
        let body = String(decoding: transfer.body, as: UTF8.self)
        finish(probe, .answered(code: status, reason: transfer.reason, body: body, timings: probe.timings))
    }

    private func redirect(_ probe: Probe, _ transfer: HTTPTransfer, _ status: Int, to target: String) {
        guard case .http(let http) = probe.request.target, var step = steps[probe.id] else { return }
        guard probe.redirectCount < http.maxRedirects else {
            return fail(probe, "stopped after \(http.maxRedirects) redirects, the last to \(target)")
        }
        probe.redirectCount += 1
        do throws(ProbeURLError) {
            var url = try ProbeURL(target)
            if url.host == http.tlsServerName.lowercased(), let own = url.replacingHost(step.url.bracketedHost) {
                url = try ProbeURL(own)
            }
            if status < 307 && step.method != "HEAD" {
                step.method = "GET"
                step.body = ""
            }
            if url.host != step.url.host {
                // Secrets and the Host header of the first host do not go to another one.
                step.header.removeAll { ["authorization", "cookie", "host"].contains($0.name.lowercased()) }
            }
            step.url = url
            steps[probe.id] = step
            release(transfer)
            probe.phase = .resolving(url.host.lowercased())
            guard let addresses = addresses(of: url.host, for: probe) else { return }
            sendHTTP(probe, to: addresses)
        } catch {
            fail(probe, "redirected: \(error.reason)")
        }
    }

    private static func reason(_ code: CURLcode, _ transfer: HTTPTransfer) -> String {
        if code == CURLE_COULDNT_CONNECT {
            var number = 0
            ccurl_get_long(transfer.handle, CURLINFO_OS_ERRNO, &number)
            if number > 0 { return "connect: \(errorText(Int32(truncatingIfNeeded: number)))" }
        }
        let detail = transfer.errorDetail
        return detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
    }

    /// libcurl counts from the start of the exchange, a probe from its own.
    private func timings(_ probe: Probe, _ transfer: HTTPTransfer) -> ProbeResult.Timings {
        func since(_ information: CURLINFO) -> Duration {
            var microseconds: curl_off_t = 0
            ccurl_get_offset(transfer.handle, information, &microseconds)
            return microseconds == 0 ? .zero : transfer.start - probe.start + .microseconds(microseconds)
        }
        var timings = probe.timings
        timings.connected = since(CURLINFO_CONNECT_TIME_T)
        timings.secured = since(CURLINFO_APPCONNECT_TIME_T)
        timings.firstByte = since(CURLINFO_STARTTRANSFER_TIME_T)
        timings.total = MonotonicClock.now - probe.start
        return timings
    }

    /// Ends the exchange if it is under way and keeps its handle for another: as many as run at a time, at most 256.
    func release(_ transfer: HTTPTransfer) {
        curl_multi_remove_handle(multiHandle, transfer.handle)
        curl_easy_reset(transfer.handle)
        if idleHandles.count < 256 {
            idleHandles.append(transfer.handle)
        } else {
            curl_easy_cleanup(transfer.handle)
        }
    }

    func closeCurl() {
        for handle in idleHandles { curl_easy_cleanup(handle) }
        idleHandles = []
        curl_multi_cleanup(multiHandle)
    }
}
