import CurlProbes
import FederationModel
import Foundation
import Synchronization
import TestProducer
import Testing

@Suite(.serialized) struct ProbeEngineTests {
    @Test("An answer is told with status, reason, body and timings", arguments: [
        ("200 OK", "fine", "200 OK: fine"), ("429 Too Many Requests", "", "429 Too Many Requests: "),
        ("500 Internal Server Error", "no", "500 Internal Server Error: no"), ("204 ", "", "204 : "),
    ])
    func answers(status: String, body: String, summary: String) throws {
        let producer = Producer.answering(status, body: body)
        let bench = ProbeBench()
        defer { bench.stop(); producer.stop() }
        let result = try #require(bench.run(http(producer.url)))
        #expect(result.summary == summary)
        guard case .answered(_, _, _, let timings) = result else { return }
        #expect(timings.connected > .zero && timings.firstByte >= timings.connected)
        #expect(timings.total >= timings.firstByte && timings.total < .seconds(5))
    }

    @Test("Method, headers and body are sent as given") func request() throws {
        let producer = Producer { descriptor, request in
            Producer.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\(request)", to: descriptor)
        }
        let bench = ProbeBench()
        defer { bench.stop(); producer.stop() }
        let result = bench.run(http("http://localhost:\(producer.port)/a?b=c") {
            $0.method = "PUT"
            $0.header = [("X-One", "1"), ("Host", "web.test"), ("X-Empty", "")]
            $0.body = "payload"
        })
        let text = try #require(result).summary
        let want = ["PUT /a?b=c HTTP/1.1\r\n", "X-One: 1\r\n", "Host: web.test\r\n", "X-Empty:\r\n", "\r\n\r\npayload"]
        for part in want { #expect(text.contains(part), "\(part) in \(text)") }
        #expect(!text.contains("Expect") && !text.contains("urlencoded"))
    }

    @Test("What cannot be sent fails with the reason", arguments: [
        ("http://127.0.0.1:1/\n", "is not a URL"), ("ftp://127.0.0.1/", "unsupported scheme"), ("", "is not a URL"),
        ("http://256.256.256.256.invalid:80/", "resol"),
    ])
    func badRequests(url: String, reason: String) {
        let bench = ProbeBench()
        defer { bench.stop() }
        let summary = bench.run(http(url, timeout: .seconds(2)))?.summary ?? ""
        #expect(summary.contains("failed") && summary.contains(reason), "\(summary)")
    }

    @Test("Header injection is refused") func injection() {
        let bench = ProbeBench()
        defer { bench.stop() }
        let result = bench.run(http("http://127.0.0.1:1/") { $0.header = [("X", "a\r\nY: b")] })
        #expect(result == .failed("the method or a header holds a character HTTP does not allow"))
    }

    @Test("Output is cut; a body of known length is read no further, one without an end fails") func output() throws {
        let large = Producer { descriptor, _ in
            Producer.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n", to: descriptor)
            while Producer.write(String(repeating: "a", count: 10_000), to: descriptor) {}
        }
        let chunked = Producer.answering("200 OK", body: String(repeating: "b", count: 5_000))
        let endless = Producer { descriptor, _ in
            Producer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", to: descriptor)
            while Producer.write("2710\r\n\(String(repeating: "c", count: 10_000))\r\n", to: descriptor) {}
        }
        let trickle = Producer { descriptor, _ in
            Producer.write("HTTP/1.1 200 OK\r\n\r\n", to: descriptor)
            while Producer.write("d", to: descriptor) { usleep(20_000) }
        }
        let header = Producer { descriptor, _ in
            Producer.write("HTTP/1.1 200 OK\r\n", to: descriptor)
            while Producer.write("X-Header: \(String(repeating: "e", count: 1_000))\r\n", to: descriptor) {}
        }
        let bench = ProbeBench()
        defer { bench.stop(); for producer in [large, chunked, endless, trickle, header] { producer.stop() } }
        let cut = String(repeating: "a", count: 4_096)
        #expect(bench.run(http(large.url))?.summary == "200 OK: \(cut)")
        #expect(bench.run(http(chunked.url))?.summary == "200 OK: \(String(repeating: "b", count: 4_096))")
        #expect(bench.run(http(endless.url))?.summary.contains("failed: the body does not end") == true)
        let slow = bench.run(http(trickle.url, timeout: .seconds(1)))?.summary ?? ""
        #expect(slow.contains("timed out after 1.0 s while reading a body that does not end"), "\(slow)")
        #expect(bench.run(http(header.url))?.summary.contains("the header is longer") == true)
    }

    @Test("Silence, reset, refusal and nonsense end with their reason") func misbehaviour() {
        let hang = Producer(nil)
        let reset = Producer { descriptor, _ in
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        }
        let empty = Producer { _, _ in }
        let nonsense = Producer { descriptor, _ in Producer.write("SSH-2.0-OpenSSH\r\n", to: descriptor) }
        let bench = ProbeBench()
        defer { bench.stop(); for producer in [hang, reset, empty, nonsense] { producer.stop() } }
        let start = ContinuousClock.now
        let silent = bench.run(http(hang.url, timeout: .milliseconds(300)))
        #expect(silent == .failed("timed out after 0.3 s while waiting for an answer"))
        #expect(ContinuousClock.now - start < .seconds(2))
        let refused = bench.run(http("http://127.0.0.1:\(Producer.refusedPort())/"))
        #expect(refused == .failed("connect: connection refused"))
        for url in [reset.url, empty.url, nonsense.url] {
            let summary = bench.run(http(url))?.summary ?? ""
            #expect(summary.hasPrefix("failed: "), "\(summary)")
            print("reason:", summary)
        }
    }

    @Test("Redirects are followed to the limit, a loop ends") func redirects() {
        let target = Producer.answering("200 OK", body: "there")
        let hop = Producer.answering("302 Found", header: "Location: \(target.url)\r\n")
        let loop = Producer.answering("301 Moved", header: "Location: /again\r\n")
        let elsewhere = Producer.answering("302 Found", header: "Location: file:///etc/passwd\r\n")
        let bench = ProbeBench()
        defer { bench.stop(); for producer in [target, hop, loop, elsewhere] { producer.stop() } }
        #expect(bench.run(http(hop.url) { $0.body = "x"; $0.method = "POST" })?.summary == "200 OK: there")
        let looped = bench.run(http(loop.url))?.summary ?? ""
        #expect(looped.contains("stopped after 10 redirects"), "\(looped)")
        #expect(bench.run(http(hop.url) { $0.maxRedirects = 0 })?.summary.contains("stopped after 0") == true)
        let other = bench.run(http(elsewhere.url))?.summary ?? ""
        #expect(other.contains("failed"), "\(other)")
    }

    @Test("TCP checks connect or tell why not") func tcpChecks() {
        let producer = Producer(nil)
        let bench = ProbeBench()
        defer { bench.stop(); producer.stop() }
        for host in ["127.0.0.1", "localhost"] {
            guard case .answered(0, "", "", _) = bench.run(tcp("\(host):\(producer.port)")) else {
                Issue.record("\(host)")
                continue
            }
        }
        let port = Producer.refusedPort()
        #expect(bench.run(tcp("127.0.0.1:\(port)")) == .failed("connect: connection refused"))
        #expect(bench.run(tcp("[::1]:\(port)"))?.summary.contains("failed: connect: ") == true)
        for nonsense in ["127.0.0.1", "127.0.0.1:0", "a:b:c", ":x", ""] {
            #expect(bench.run(tcp(nonsense)) == .failed("\"\(nonsense)\" is not host:port"))
        }
        let unknown = bench.run(tcp("no-such-name.invalid:80", timeout: .seconds(2)))?.summary ?? ""
        #expect(unknown.contains("resolv"), "\(unknown)")
    }

    @Test("TLS: a self-signed certificate is refused, unless told not to look or given the authority and the name")
    func tls() throws {
        let producer = try #require(TLSProducer(name: "web.test"))
        let bench = ProbeBench()
        let trusting = ProbeBench(certificates: producer.certificate)
        defer { bench.stop(); trusting.stop(); producer.stop() }
        let url = "https://127.0.0.1:\(producer.port)/"
        let refused = bench.run(http(url))?.summary ?? ""
        #expect(refused.hasPrefix("failed: ") && refused.lowercased().contains("certificate"), "\(refused)")
        let skipped = try #require(bench.run(http(url) { $0.tlsSkipVerify = true }))
        #expect(skipped.summary.hasPrefix("200 "), "\(skipped.summary)")
        if case .answered(_, _, _, let timings) = skipped { #expect(timings.secured > timings.connected) }
        let wrongName = trusting.run(http(url))?.summary ?? ""
        #expect(wrongName.hasPrefix("failed: "), "\(wrongName)")
        let verified = trusting.run(http(url) { $0.tlsServerName = "web.test" })?.summary ?? ""
        #expect(verified.hasPrefix("200 "), "\(verified)")
        print("reasons:", refused, "|", wrongName)
    }

    @Test("A cancelled probe is never heard of; shutdown ends what is under way") func cancel() throws {
        let hang = Producer(nil)
        let good = Producer.answering("200 OK")
        let bench = ProbeBench()
        defer { hang.stop(); good.stop() }
        for request in [http(hang.url), tcp("no-such-name.invalid:1"), http(hang.url)] {
            bench.cancel(bench.start(request))
        }
        _ = bench.start(http(hang.url))
        #expect(bench.run(http(good.url))?.summary == "200 OK: ")
        bench.stop()
        #expect(bench.resultCount == 1)
    }

    @Test("Beyond the limits probes wait, and beyond those they fail at once") func queue() {
        var limits = ProbeLimits()
        limits.maxConcurrent = 2
        limits.maxQueued = 3
        limits.maxQueueTime = .milliseconds(400)
        let hang = Producer(nil)
        let bench = ProbeBench(limits: limits)
        defer { bench.stop(); hang.stop() }
        let probes = (1...6).map { _ in bench.start(http(hang.url, timeout: .milliseconds(700))) }
        let found = probes.map { bench.wait($0)?.result.summary ?? "" }
        let want = ["waiting for an answer", "waiting for an answer"]
            + Array(repeating: "waiting for a free place", count: 3) + ["too many checks are waiting (3)"]
        for (summary, part) in zip(found, want) { #expect(summary.contains(part), "\(summary)") }
    }

    @Test("200 probes that hang delay no other by more than 50 ms; 250 ms on a busy machine") func isolation() throws {
        let hang = Producer(nil)
        let trickle = Producer { descriptor, _ in
            Producer.write("HTTP/1.1 200 OK\r\n\r\n", to: descriptor)
            while Producer.write("d", to: descriptor) { usleep(50_000) }
        }
        let loop = Producer.answering("301 Moved", header: "Location: /again\r\n")
        let good = Producer.answering("200 OK", body: "fine")
        let bench = ProbeBench()
        defer { bench.stop(); for producer in [hang, trickle, loop, good] { producer.stop() } }
        /// How late answers were, in the order of asking, until `span` is over.
        func delays(for span: Duration) -> [Duration] {
            let end = ContinuousClock.now + span
            var found: [Duration] = []
            while ContinuousClock.now < end {
                let start = ContinuousClock.now
                let answer = bench.wait(bench.start(http(good.url)))
                #expect(answer?.result.summary == "200 OK: fine")
                found.append((answer?.at ?? .now) - start)
            }
            return found.sorted()
        }
        func tell(_ name: String, _ delays: [Duration]) {
            let middle = delays.isEmpty ? Duration.zero : delays[delays.count / 2]
            let slowest = delays.suffix(2).map { "\($0)" }.joined(separator: " and ")
            print("\(name): \(delays.count) checks, median \(middle), slowest \(slowest)")
        }
        tell("alone", delays(for: .milliseconds(300)))
        // All start at one moment and time out at one moment, which is worse than any schedule with jitter: the first
        // check after them waits for 200 starts.
        let hanging = (1...200).map { number in
            let request = switch number % 10 {
            case 0: http("http://name-\(number).invalid/", timeout: .seconds(1))
            case 1: tcp("name-\(number).invalid:80", timeout: .seconds(1))
            case 2: http(loop.url, timeout: .seconds(1))
            case 3: http(trickle.url, timeout: .seconds(1))
            default: http(hang.url, timeout: .seconds(1))
            }
            return bench.start(request)
        }
        let during = delays(for: .milliseconds(1_300))
        tell("beside 200 that hang", during)
        #expect(hanging.allSatisfy { bench.wait($0)?.result.summary.hasPrefix("failed: ") == true })
        #expect(during.last ?? .zero < .milliseconds(250))
    }
}
