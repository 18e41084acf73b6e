import CCurl
import Determinism
import FederationModel

/// One HTTP exchange of a probe: libcurl's handle and what has come back so far. Its address is libcurl's context, so
/// it lives until the handle is back in the pool.
final class HTTPTransfer {
    enum Cut {
        /// Enough of a body of known length: the status decides.
        case enough
        case tooMuch(String)
    }

    let probe: ProbeID
    let handle: UnsafeMutableRawPointer
    let start: Instant
    let url: String
    let method: String
    private let maxBytes: Int
    private let limits: ProbeLimits
    private(set) var reason = ""
    private(set) var body: [UInt8] = []
    private(set) var cut: Cut?
    private var headerBytes = 0
    private var bodyBytes = 0
    private let errorBuffer = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var lists: [UnsafeMutablePointer<curl_slist>] = []

    init(
        _ probe: ProbeID, handle: UnsafeMutableRawPointer, url: String, method: String, maxBytes: Int,
        limits: ProbeLimits
    ) {
        self.probe = probe
        self.handle = handle
        self.url = url
        self.method = method
        self.maxBytes = maxBytes
        self.limits = limits
        start = MonotonicClock.now
        errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorBuffer)
        ccurl_set_callbacks(
            handle,
            { data, size, count, context in HTTPTransfer.at(context)?.received(header: data, size * count) ?? 0 },
            { data, size, count, context in HTTPTransfer.at(context)?.received(body: data, size * count) ?? 0 },
            Unmanaged.passUnretained(self).toOpaque())
    }

    /// The handle has been reset or freed before.
    deinit {
        for list in lists { curl_slist_free_all(list) }
        errorBuffer.deallocate()
    }

    static func at(_ context: UnsafeMutableRawPointer?) -> HTTPTransfer? {
        context.map { Unmanaged<HTTPTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// The list lives as long as the transfer, as libcurl wants.
    func setList(_ option: CURLoption, _ items: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for item in items { list = curl_slist_append(list, item) ?? list }
        guard let list else { return }
        lists.append(list)
        ccurl_set_list(handle, option, list)
    }

    var errorDetail: String { String(cString: errorBuffer) }

    /// What the exchange is busy with, for the reason of a timeout.
    var doing: String {
        var connect: curl_off_t = 0
        ccurl_get_offset(handle, CURLINFO_CONNECT_TIME_T, &connect)
        if connect == 0 { return "connecting to \(url)" }
        if bodyBytes > 0 { return "reading a body that does not end (\(bodyBytes) bytes so far)" }
        return headerBytes > 0 ? "waiting for the body" : "waiting for an answer"
    }

    // MARK: libcurl's callbacks: a count below what was offered ends the transfer.

    private func received(header: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        let bytes = UnsafeRawBufferPointer(start: header, count: count)
        headerBytes += count
        guard headerBytes <= limits.maxHeaderBytes else {
            cut = .tooMuch("the header is longer than \(limits.maxHeaderBytes) bytes")
            return 0
        }
        if bytes.starts(with: "HTTP/".utf8) {
            let words = bytes.split(separator: UInt8(ascii: " "), maxSplits: 2)
            let text = words.count > 2 ? words[2].prefix(256).filter { $0 >= 32 } : []
            reason = String(decoding: text, as: UTF8.self)
        }
        return count
    }

    private func received(body data: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        let bytes = UnsafeRawBufferPointer(start: data, count: count)
        bodyBytes += count
        body.append(contentsOf: bytes.prefix(maxBytes - body.count))
        guard bodyBytes > maxBytes else { return count }
        var length: curl_off_t = -1
        ccurl_get_offset(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length)
        if length >= 0 {
            cut = .enough
            return 0
        }
        guard bodyBytes <= limits.maxUndeclaredBytes else {
            cut = .tooMuch("the body does not end (\(bodyBytes) bytes read)")
            return 0
        }
        return count
    }
}
