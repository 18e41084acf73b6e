package import FederationModel
package import NIOCore

/// The first part of a request as it came.
package struct HTTPHead: Sendable {
    package var method: String
    /// Path and query, as sent.
    package var uri: String
    /// In the order sent, names in the sender's case.
    package var headers: [(name: String, value: String)]
    /// Nil on a unix socket.
    package var from: Endpoint?
    /// The request, when the same came before: what is remembered of it goes there, on the connection's loop.
    package var repeated: RepeatedRequest?

    package init(
        method: String, uri: String, headers: [(name: String, value: String)], from: Endpoint?,
        repeated: RepeatedRequest? = nil
    ) {
        self.method = method
        self.uri = uri
        self.headers = headers
        self.from = from
        self.repeated = repeated
    }
}

package struct HTTPLimits: Sendable {
    /// Longer bodies are answered 413. Single paths may allow less.
    package var maxBodyBytes = 8 << 20
    /// Names and values of one request together; more is answered 431.
    package var maxHeaderBytes = 64 << 10
    /// Open at once; one more is answered 503. A blocked query holds one.
    package var maxConnections = 20_000
    /// Of one address; one more is answered 429. 0: no limit.
    package var maxConnectionsPerClient = 0
    /// Whole requests that wait behind one under way; with more the connection is read no further.
    package var maxPipelined = 16
    /// Bodies of requests behind one under way, whole or not; with more the connection is read no further.
    package var maxWaitingBytes = 64 << 10
    /// Without a request for so long a connection is closed.
    package var idleTime = Duration.seconds(300)
    /// From a request's first byte to its last; longer is answered 408.
    package var requestTime = Duration.seconds(60)
    /// How long `close` waits for answers that are under way.
    package var closeGrace = Duration.seconds(2)

    package init() {}
}

/// The one answer owed to a request: `respond` once, from any thread, at any time. A request whose responder is thrown
/// away unanswered is answered 500.
///
/// `@unchecked Sendable`: `isAnswered` is touched on the connection's loop only, and in `deinit`, when nobody else can.
package final class HTTPResponder: @unchecked Sendable {
    private let connection: NIOLoopBound<HTTPConnection>
    package let loop: any EventLoop
    private let number: UInt64
    private var isAnswered = false

    init(_ connection: HTTPConnection, number: UInt64, loop: any EventLoop) {
        self.connection = NIOLoopBound(connection, eventLoop: loop)
        self.loop = loop
        self.number = number
    }

    deinit {
        guard !isAnswered else { return }
        let (connection, number) = (connection, number)
        loop.execute { connection.value.answer(number, .dropped) }
    }

    /// On the connection's loop the answer is written at once; elsewhere it is handed over. Later calls are ignored.
    /// Content-Length, Date and Connection are the listener's business.
    /// - Parameter isKept: the request came before, and what decides whether this answer holds is in its memory.
    package func respond(
        status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = [], isKept: Bool = false
    ) {
        var answer = HTTPAnswer(status: status, headers: headers, body: body, isKept: isKept)
        if status >= 400, let place = headers.firstIndex(where: { $0.name == "Connection" && $0.value == "close" }) {
            answer.headers.remove(at: place)
            answer.endsConnection = true
        }
        let owed = answer
        if loop.inEventLoop {
            finish(owed)
        } else {
            loop.execute { self.finish(owed) }
        }
    }

    /// The request's last answer again, on the connection's loop.
    /// - Parameter headers: those of now; nil when they are the same too.
    /// - Returns: false when that is no longer at hand, and another answer is owed.
    package func respondAgain(headers: [(name: String, value: String)]?) -> Bool {
        loop.preconditionInEventLoop()
        guard !isAnswered else { return true }
        guard connection.value.answerAgain(number, headers) else { return false }
        isAnswered = true
        return true
    }

    /// Runs something on the connection's loop, later.
    package func onLoop(_ work: @escaping @Sendable () -> Void) { loop.execute(work) }

    /// Begins an answer that is sent piece by piece, from any thread, until the caller goes, the listener
    /// closes or this responder is thrown away.
    package func begin(status: Int, headers: [(name: String, value: String)]) {
        let answer = HTTPAnswer(status: status, headers: headers)
        if loop.inEventLoop {
            connection.value.begin(number, answer)
        } else {
            loop.execute { self.connection.value.begin(self.number, answer) }
        }
    }

    /// A piece of an answer that was begun; thrown away when the caller does not read.
    package func stream(_ bytes: [UInt8]) {
        // Always later: what is logged while something is written must not nest.
        loop.execute { self.connection.value.stream(self.number, bytes) }
    }

    /// Called once on the connection's loop if the connection ends before the answer, at once if it already has.
    package func onClose(_ action: @escaping @Sendable () -> Void) {
        if loop.inEventLoop {
            setOnClose(action)
        } else {
            loop.execute { self.setOnClose(action) }
        }
    }

    private func finish(_ answer: HTTPAnswer) {
        guard !isAnswered else { return }
        isAnswered = true
        connection.value.answer(number, answer)
    }

    private func setOnClose(_ action: @escaping @Sendable () -> Void) {
        if !isAnswered { connection.value.onClose(of: number, action) }
    }
}

struct HTTPAnswer {
    var status: Int
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// The connection cannot be used after it.
    var endsConnection = false
    /// It may be sent again for the same request.
    var isKept = false

    static func plain(_ status: Int, _ text: String) -> HTTPAnswer {
        HTTPAnswer(
            status: status, headers: [("Content-Type", "text/plain; charset=utf-8")], body: Array(text.utf8),
            endsConnection: true)
    }

    static let dropped = plain(500, "the request was dropped")
}
