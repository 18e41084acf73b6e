import Foundation
import Synchronization
import TestProducer
import Testing

extension LiveTests {
    @Suite("Checks beside each other") struct CheckIsolationTests {
        @Test("200 checks that never end delay no other by more than 50 ms; 250 ms on a busy machine")
        func isolation() throws {
            let goodCount = 30
            let arrivals = Mutex<[String: [ContinuousClock.Instant]]>([:])
            let hang = Producer(nil)
            let good = Producer { descriptor, request in
                let now = ContinuousClock.now
                let path = request.split(separator: " ").dropFirst().first.map(String.init) ?? ""
                arrivals.withLock { $0[path, default: []].append(now) }
                Producer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", to: descriptor)
            }
            defer { hang.stop(); good.stop() }
            func check(_ id: String, _ target: String) -> String {
                #"{"id": "\#(id)", "name": "\#(id)", \#(target), "interval": "1s", "timeout": "1s"}"#
            }
            var checks = (0..<goodCount).map { number in
                check("good-\(number)", #""http": "http://127.0.0.1:\#(good.port)/\#(number)""#)
            }
            checks += (0..<200).map { number in
                let target = switch number % 10 {
                case 0: #""http": "http://name-\#(number).invalid/""#
                case 1: #""tcp": "name-\#(number).invalid:80""#
                default: #""http": "\#(hang.url)""#
                }
                return check("hang-\(number)", target)
            }
            try Lab.run { lab in
                try #"{"checks": [\#(checks.joined(separator: ", "))]}"#
                    .write(toFile: lab.path("checks.json"), atomically: true, encoding: .utf8)
                let agent = try lab.server(1, data: "server", ["-config-file=\(lab.path("checks.json"))"])
                try eventually("every good check ran ten times", within: .seconds(60), showing: { agent.report }) {
                    arrivals.withLock { $0.count == goodCount && $0.values.allSatisfy { $0.count >= 10 } } ? () : nil
                }
                let critical = try #require(agent.get("/v1/health/state/critical"))
                #expect(critical.components(separatedBy: #""CheckID":"hang-"#).count == 201)
            }
            let late = arrivals.withLock { $0.values.flatMap { zip($0, $0.dropFirst()).map { $1 - $0 - .seconds(1) } } }
                .sorted()
            print("\(late.count) runs beside 200 that hang: median \(late[late.count / 2]) late, slowest \(late.last!)")
            #expect(late.last! < .milliseconds(250))
        }
    }
}
